"""Searching the words of prompts: with FTS5 in SQLite, with a tsvector in PostgreSQL.

https://www.sqlite.org/fts5.html; https://www.postgresql.org/docs/current/textsearch.html
"""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, column, delete, func, insert, literal_column, table
from sqlalchemy.ext.asyncio import AsyncSession

from bot.gallery.tables import CreationRow

# FTS5's own table; its rows are numbered as the creations are. A gallery is a word like any other, so that what is
# found is the gallery's alone before it is put in order.
INDEX = table("creation_words", column("rowid"), column("gallery"), column("prompt"))


async def index_words(session: AsyncSession, rows: Sequence[CreationRow]) -> None:
    """Let new creations be found; PostgreSQL keeps its index by itself."""
    await session.flush()
    if rows and session.get_bind().dialect.name == "sqlite":
        values = [{"rowid": row.id, "gallery": f"g{row.guild_id}", "prompt": row.request["prompt"]} for row in rows]
        await session.execute(insert(INDEX), values)


async def forget_words(session: AsyncSession, creation_ids: Sequence[int]) -> None:
    """Let creations be found no longer."""
    if session.get_bind().dialect.name == "sqlite":
        await session.execute(delete(INDEX).where(INDEX.c.rowid.in_(creation_ids)))


def with_words(
    query: Select[CreationRow], dialect: str, guild_id: int, words: str
) -> tuple[Select[CreationRow], ColumnElement[int]]:
    """Return a query for only what has words that begin so, and the column of its key."""
    tokens = re.findall(r"\w+", words)
    if dialect == "sqlite":
        wanted = " AND ".join(["gallery:" + f"g{guild_id}", *(f'prompt:"{token}"*' for token in tokens)])
        matches: ColumnElement[Any] = literal_column("creation_words").op("MATCH")(wanted)
        return query.join(INDEX, INDEX.c.rowid == CreationRow.id).where(matches), INDEX.c.rowid
    vector = func.to_tsvector("simple", CreationRow.request["prompt"].as_string())
    searched = func.to_tsquery("simple", " & ".join(f"{token}:*" for token in tokens))
    return query.where(vector.op("@@")(searched)), CreationRow.__table__.c.id
