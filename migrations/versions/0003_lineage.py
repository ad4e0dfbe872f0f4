"""Jobs know from which creation they go on, and by how much they make its picture larger."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("margins", sa.JSON(), server_default="[0, 0, 0, 0]", nullable=False))
    op.add_column("jobs", sa.Column("parent_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_jobs_parent_id", "jobs", ["parent_id"])


def downgrade() -> None:
    op.drop_index("ix_jobs_parent_id", "jobs")
    op.drop_column("jobs", "parent_id")
    op.drop_column("jobs", "margins")
