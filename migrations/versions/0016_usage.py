"""Indices by which a member's and a server's use of a day is counted."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_jobs_user_id_status", "jobs", ["user_id", "status"])
    op.create_index("ix_jobs_guild_id_created_at", "jobs", ["guild_id", "created_at"])
    op.create_index("ix_jobs_guild_id_user_id_created_at", "jobs", ["guild_id", "user_id", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_jobs_guild_id_user_id_created_at", "jobs")
    op.drop_index("ix_jobs_guild_id_created_at", "jobs")
    op.drop_index("ix_jobs_user_id_status", "jobs")
