"""Blocks by server."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("members", "blocked_at")
    op.create_table(
        "blocks",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.id"], name="fk_blocks_guild_id"),
        sa.ForeignKeyConstraint(["user_id"], ["members.id"], name="fk_blocks_user_id"),
        sa.PrimaryKeyConstraint("guild_id", "user_id", name="pk_blocks"),
    )


def downgrade() -> None:
    op.drop_table("blocks")
    op.add_column("members", sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True))
