"""The pictures that jobs, drafts and styles are made from, and requests to go on from a picture."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "job_sources",
        sa.Column("job_id", ROW_ID, nullable=False),
        sa.Column("creation_id", ROW_ID, nullable=False),
        sa.Column("is_direct", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_sources_job_id"),
        sa.PrimaryKeyConstraint("job_id", "creation_id", name="pk_job_sources"),
    )
    op.create_index("ix_job_sources_creation_id", "job_sources", ["creation_id"])
    op.create_index("ix_creations_guild_id_file_key", "creations", ["guild_id", "file_key"])
    op.execute(
        "INSERT INTO job_sources (job_id, creation_id) SELECT id, parent_id FROM jobs WHERE parent_id IS NOT NULL"
    )
    op.add_column("drafts", sa.Column("source_ids", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("styles", sa.Column("source_id", sa.BigInteger(), nullable=True))
    op.add_column("permits", sa.Column("is_allowed", sa.Boolean(), nullable=True))
    op.add_column("permits", sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("permits", sa.Column("channel_id", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("permits", sa.Column("message_id", sa.BigInteger(), nullable=False, server_default="0"))
    # Until now there was a row only where the maker had allowed it.
    op.execute(sa.text("UPDATE permits SET is_allowed = true, answered_at = created_at"))


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM permits WHERE is_allowed IS NOT true"))
    for column in ("message_id", "channel_id", "answered_at", "is_allowed"):
        op.drop_column("permits", column)
    op.drop_column("styles", "source_id")
    op.drop_column("drafts", "source_ids")
    op.drop_index("ix_creations_guild_id_file_key", "creations")
    op.drop_table("job_sources")
