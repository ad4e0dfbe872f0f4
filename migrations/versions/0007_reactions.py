"""Who likes which message, what that comes to for its pictures, and what stands in a showcase."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("creations", sa.Column("score", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_creations_guild_id_score_id", "creations", ["guild_id", "score", "id"])
    op.create_index("ix_creations_message_id", "creations", ["message_id"])
    op.create_table(
        "reactions",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("emoji", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "user_id", "emoji", name="pk_reactions"),
    )
    op.create_table(
        "showcases",
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("shown_score", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_showcases_job_id"),
        sa.PrimaryKeyConstraint("job_id", name="pk_showcases"),
    )


def downgrade() -> None:
    op.drop_table("showcases")
    op.drop_table("reactions")
    op.drop_index("ix_creations_message_id", "creations")
    op.drop_index("ix_creations_guild_id_score_id", "creations")
    op.drop_column("creations", "score")
