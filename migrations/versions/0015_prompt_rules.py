"""Rules of servers for prompts."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "prompt_rules",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["members.id"], name="fk_prompt_rules_created_by"),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.id"], name="fk_prompt_rules_guild_id"),
        sa.PrimaryKeyConstraint("id", name="pk_prompt_rules"),
    )
    op.create_index("ix_prompt_rules_guild_id", "prompt_rules", ["guild_id"])


def downgrade() -> None:
    op.drop_table("prompt_rules")
