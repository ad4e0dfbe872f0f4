"""An index for each way through a large gallery; words that are found in one gallery without reading all others'."""

import re
import unicodedata
from collections.abc import Iterator

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
CHUNK = 10_000
FILL_BEFORE = """
INSERT INTO creation_words (rowid, gallery, prompt)
SELECT id, 'g' || guild_id, json_extract(request, '$.prompt') FROM creations
"""
WORDS_BEFORE = "to_tsvector('simple', request->>'prompt')"


def upgrade() -> None:
    op.add_column("creations", sa.Column("kind", sa.String(16), nullable=False, server_default="imagined"))
    op.execute(KINDS)
    for way in WAYS:
        op.create_index(_name(way), "creations", ["guild_id", *way])
    op.create_index("ix_jobs_undelivered", "jobs", ["id"], sqlite_where=UNDELIVERED, postgresql_where=UNDELIVERED)
    if op.get_bind().dialect.name == "postgresql":
        _index_words(WORDS)
        return
    op.execute("DROP TABLE creation_words")
    op.execute("CREATE VIRTUAL TABLE creation_words USING fts5(words, tokenize='unicode61 remove_diacritics 2')")
    for rows in _prompts():
        values = [{"id": row.id, "words": _words(row.guild_id, row.prompt)} for row in rows]
        op.get_bind().execute(sa.text("INSERT INTO creation_words (rowid, words) VALUES (:id, :words)"), values)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _index_words(WORDS_BEFORE)
    else:
        op.execute("DROP TABLE creation_words")
        op.execute(
            "CREATE VIRTUAL TABLE creation_words USING fts5(gallery, prompt, tokenize='unicode61 remove_diacritics 2')"
        )
        op.execute(FILL_BEFORE)
    op.drop_index("ix_jobs_undelivered", "jobs")
    for way in WAYS:
        op.drop_index(_name(way), "creations")
    op.drop_column("creations", "kind")


def _name(way: tuple[str, ...]) -> str:
    return f"ix_creations_guild_id_{'_'.join(way)}"


def _index_words(vector: str) -> None:
    op.drop_index("ix_creations_words", "creations")
    op.create_index("ix_creations_words", "creations", [sa.text(vector)], postgresql_using="gin")


def _prompts() -> Iterator[list[sa.Row[tuple[int, int, str]]]]:
    """Yield id, guild and prompt of all creations, some at a time."""
    query = sa.text(
        "SELECT id, guild_id, json_extract(request, '$.prompt') AS prompt FROM creations "
        "WHERE id > :last ORDER BY id LIMIT :chunk"
    )
    last = 0
    while rows := list(op.get_bind().execute(query, {"last": last, "chunk": CHUNK})):
        yield rows
        last = rows[-1].id


def _words(guild_id: int, prompt: str) -> str:
    """Return a prompt's words without accents, each after its gallery."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", prompt) if not unicodedata.combining(each))
    return " ".join(f"{guild_id:x}g{word}" for word in re.findall(r"[^\W_]+", plain))
