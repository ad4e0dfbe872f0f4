"""Critiques, and when a server's weekly digest is due."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "critiques",
        sa.Column("creation_id", ROW_ID, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("works", sa.Text(), nullable=False),
        sa.Column("better", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("helpful_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["creation_id"], ["creations.id"], name="fk_critiques_creation_id"),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.id"], name="fk_critiques_guild_id"),
        sa.ForeignKeyConstraint(["user_id"], ["members.id"], name="fk_critiques_user_id"),
        sa.PrimaryKeyConstraint("creation_id", "user_id", name="pk_critiques"),
    )
    op.create_index("ix_critiques_guild_id_helpful_at", "critiques", ["guild_id", "helpful_at"])
    op.add_column("guilds", sa.Column("digest_due_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("guilds", "digest_due_at")
    op.drop_table("critiques")
