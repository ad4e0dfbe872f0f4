"""Challenges, their entries and votes."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "challenges",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("ballot", sa.String(16), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voting_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entries_each", sa.BigInteger(), nullable=False),
        sa.Column("member_days", sa.BigInteger(), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=False),
        sa.Column("image_key", sa.String(80), nullable=False),
        sa.Column("mask_key", sa.String(80), nullable=False),
        sa.Column("every_days", sa.BigInteger(), nullable=False),
        sa.Column("themes", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("shown_state", sa.String(16), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("podium_message_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.id"], name="fk_challenges_guild_id"),
        sa.ForeignKeyConstraint(["user_id"], ["members.id"], name="fk_challenges_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_challenges"),
    )
    op.create_index("ix_challenges_state", "challenges", ["state"])
    op.create_index("ix_challenges_guild_id_id", "challenges", ["guild_id", "id"])
    op.create_table(
        "entries",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("challenge_id", ROW_ID, nullable=False),
        sa.Column("creation_id", ROW_ID, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("votes", sa.Double(), nullable=False),
        sa.Column("disqualified", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["challenge_id"], ["challenges.id"], name="fk_entries_challenge_id"),
        sa.ForeignKeyConstraint(["creation_id"], ["creations.id"], name="fk_entries_creation_id"),
        sa.ForeignKeyConstraint(["user_id"], ["members.id"], name="fk_entries_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_entries"),
        sa.UniqueConstraint("challenge_id", "creation_id", name="uq_entries_challenge_id_creation_id"),
    )
    op.create_index("ix_entries_creation_id", "entries", ["creation_id"])
    op.create_index("ix_entries_user_id", "entries", ["user_id"])
    op.create_table(
        "votes",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", ROW_ID, nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("chosen_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_votes_entry_id"),
        sa.ForeignKeyConstraint(["user_id"], ["members.id"], name="fk_votes_user_id"),
        sa.PrimaryKeyConstraint("user_id", "entry_id", "other_id", name="pk_votes"),
    )
    op.create_index("ix_votes_entry_id", "votes", ["entry_id"])


def downgrade() -> None:
    op.drop_table("votes")
    op.drop_table("entries")
    op.drop_table("challenges")
