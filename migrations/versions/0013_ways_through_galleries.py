"""An index for each way through a large gallery, and words without their accents in PostgreSQL, as SQLite has them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

WAYS = (("user_id", "id"), ("kind", "id"), ("kind", "score", "id"), ("created_at",))
KINDS = """
UPDATE creations SET kind = (
    SELECT CASE WHEN image_key = '' THEN 'imagined' WHEN mask_key = '' THEN 'remixed' ELSE 'repainted' END
    FROM jobs WHERE jobs.id = creations.job_id
)
"""
UNDELIVERED = sa.text("delivered_at IS NULL")
# A gallery is a word like any other: what is found is the gallery's alone.
WORDS = (
    "to_tsvector('simple', 'g' || CAST(guild_id AS text) || ' ' || translate(regexp_replace("
    r"normalize(request ->> 'prompt', NFKD), '[\u0300-\u036f]', '', 'g'), '/.@', '   '))"
)
WORDS_BEFORE = "to_tsvector('simple', request->>'prompt')"


def upgrade() -> None:
    op.add_column("creations", sa.Column("kind", sa.String(16), nullable=False, server_default="imagined"))
    op.execute(KINDS)
    for way in WAYS:
        op.create_index(_name(way), "creations", ["guild_id", *way])
    op.create_index("ix_jobs_undelivered", "jobs", ["id"], sqlite_where=UNDELIVERED, postgresql_where=UNDELIVERED)
    _index_words(WORDS)


def downgrade() -> None:
    _index_words(WORDS_BEFORE)
    op.drop_index("ix_jobs_undelivered", "jobs")
    for way in WAYS:
        op.drop_index(_name(way), "creations")
    op.drop_column("creations", "kind")


def _name(way: tuple[str, ...]) -> str:
    return f"ix_creations_guild_id_{'_'.join(way)}"


def _index_words(vector: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_creations_words", "creations")
        op.create_index("ix_creations_words", "creations", [sa.text(vector)], postgresql_using="gin")
