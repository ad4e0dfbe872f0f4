"""What creations look like, and what their prompts mean."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LATER = {"ix_creations_unhashed": "phash IS NULL", "ix_creations_unread": "prompt_id IS NULL"}


def upgrade() -> None:
    op.create_table(
        "prompt_vectors",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.id"], name=op.f("fk_prompt_vectors_guild_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_vectors")),
        sa.UniqueConstraint("guild_id", "digest", name=op.f("uq_prompt_vectors_guild_id_digest")),
    )
    op.create_index("ix_prompt_vectors_guild_id_id", "prompt_vectors", ["guild_id", "id"])
    op.add_column("creations", sa.Column("phash", sa.BigInteger(), nullable=True))
    op.add_column("creations", sa.Column("prompt_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_creations_guild_id_id_phash", "creations", ["guild_id", "id", "phash"])
    op.create_index("ix_creations_guild_id_prompt_id", "creations", ["guild_id", "prompt_id"])
    for name, condition in LATER.items():
        op.create_index(name, "creations", ["id"], sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


def downgrade() -> None:
    for name in (*LATER, "ix_creations_guild_id_prompt_id", "ix_creations_guild_id_id_phash"):
        op.drop_index(name, "creations")
    op.drop_column("creations", "prompt_id")
    op.drop_column("creations", "phash")
    op.drop_table("prompt_vectors")
