"""Messages that still show what was deleted, outdated cards of cases, and pictures that may not come back."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_OUTDATED = sa.text("is_outdated")


def upgrade() -> None:
    op.create_table(
        "leftovers",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_leftovers"),
    )
    op.create_table(
        "kept_out",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("creation_id", sa.BigInteger(), nullable=False),
        sa.Column("pixels", sa.LargeBinary(32), nullable=False),
        sa.Column("phash", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.id"], name="fk_kept_out_guild_id"),
        sa.PrimaryKeyConstraint("id", name="pk_kept_out"),
    )
    op.create_index("ix_kept_out_guild_id", "kept_out", ["guild_id"])
    op.add_column("cases", sa.Column("is_outdated", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_cases_outdated", "cases", ["id"], sqlite_where=IS_OUTDATED, postgresql_where=IS_OUTDATED)


def downgrade() -> None:
    op.drop_index("ix_cases_outdated", "cases")
    op.drop_column("cases", "is_outdated")
    op.drop_table("kept_out")
    op.drop_table("leftovers")
