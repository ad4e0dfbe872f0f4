"""Blocks by server, pictures that are held back, where pictures are shown, and cases for moderators."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


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
    op.create_table(
        "showings",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("creation_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(["creation_id"], ["creations.id"], name="fk_showings_creation_id"),
        sa.PrimaryKeyConstraint("message_id", name="pk_showings"),
    )
    op.create_index("ix_showings_creation_id", "showings", ["creation_id"])
    op.create_table(
        "cases",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("creation_id", ROW_ID, nullable=True),
        sa.Column("about_user_id", sa.BigInteger(), nullable=False),
        sa.Column("by_user_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("is_told", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.id"], name="fk_cases_guild_id"),
        sa.ForeignKeyConstraint(["creation_id"], ["creations.id"], name="fk_cases_creation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("kind", "creation_id", "by_user_id", name="uq_cases_kind_creation_id_by_user_id"),
    )
    op.create_index("ix_cases_guild_id_id", "cases", ["guild_id", "id"])
    op.create_index("ix_cases_creation_id", "cases", ["creation_id"])
    op.add_column("creations", sa.Column("safety", sa.Double(), server_default="0", nullable=False))
    op.add_column("creations", sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("creations", sa.Column("is_spoiler", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    for column in ("is_spoiler", "held_at", "safety"):
        op.drop_column("creations", column)
    op.drop_table("cases")
    op.drop_table("showings")
    op.drop_table("blocks")
    op.add_column("members", sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True))
