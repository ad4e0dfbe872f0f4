"""Favourites: which pictures a member wants to find again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "favourites",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("creation_id", ROW_ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["creation_id"], ["creations.id"], name="fk_favourites_creation_id"),
        sa.ForeignKeyConstraint(["user_id"], ["members.id"], name="fk_favourites_user_id"),
        sa.PrimaryKeyConstraint("user_id", "creation_id", name="pk_favourites"),
    )
    op.create_index("ix_favourites_creation_id", "favourites", ["creation_id"])


def downgrade() -> None:
    op.drop_table("favourites")
