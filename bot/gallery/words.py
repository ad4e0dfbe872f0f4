"""Searching the words of prompts: with FTS5 in SQLite, with a tsvector in PostgreSQL.

https://www.sqlite.org/fts5.html; https://www.postgresql.org/docs/current/textsearch.html
"""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, column, insert, literal_column, table, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.gallery.tables import CreationRow

# FTS5's own table; its rows are numbered as the creations are. A gallery is a word like any other, so that what is
# found is the gallery's alone before it is put in order.
INDEX = table("creation_words", column("rowid"), column("gallery"), column("prompt"))
# What FTS5 does by itself: letters without their accents, and no word with a dot or a slash in it.
PLAIN = r"translate(regexp_replace(normalize({}, NFKD), '[\u0300-\u036f]', '', 'g'), '/.@', '   ')"
# As it stands in the index ix_creations_words, or PostgreSQL would not use that.
VECTOR = "to_tsvector('simple', 'g' || CAST(creations.guild_id AS text) || ' ' || {})".format(
    PLAIN.format("creations.request ->> 'prompt'")
)


async def index_words(session: AsyncSession, rows: Sequence[CreationRow]) -> None:
    """Let new creations be found; PostgreSQL keeps its index by itself."""
    await session.flush()
    if rows and session.get_bind().dialect.name == "sqlite":
        values = [{"rowid": row.id, "gallery": f"g{row.guild_id}", "prompt": row.request["prompt"]} for row in rows]
        await session.execute(insert(INDEX), values)


def with_words(
    query: Select[CreationRow], dialect: str, guild_id: int, words: str
) -> tuple[Select[CreationRow], ColumnElement[int]]:
    """Return a query for only what has words that begin so, and the column of its key."""
    tokens = re.findall(r"\w+", words)
    if dialect == "sqlite":
        wanted = " AND ".join(["gallery:" + f"g{guild_id}", *(f'prompt:"{token}"*' for token in tokens)])
        matches: ColumnElement[Any] = literal_column("creation_words").op("MATCH")(wanted)
        return query.join(INDEX, INDEX.c.rowid == CreationRow.id).where(matches), INDEX.c.rowid
    wanted = " & ".join([f"g{guild_id}", *(f"{token}:*" for token in tokens)])
    found = text(f"{VECTOR} @@ to_tsquery('simple', {PLAIN.format(':wanted')})").bindparams(wanted=wanted)
    return query.where(found), CreationRow.__table__.c.id
