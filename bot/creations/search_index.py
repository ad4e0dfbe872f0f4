"""Searching the words of prompts: with FTS5 in SQLite, with a tsvector in PostgreSQL.

https://www.sqlite.org/fts5.html; https://www.postgresql.org/docs/current/textsearch.html
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, column, delete, false, insert, literal_column, table, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from bot.database.tables import CreationRow

# FTS5's own table; its rows are numbered as the creations are. Each word begins with the gallery that it is of, because
# FTS5 puts together all words that begin as wanted, and those of other galleries would be most of them.
INDEX = table("creation_words", column("rowid"), column("words"))
# As `_words` does it, in PostgreSQL's functions.
PLAIN = r"translate(regexp_replace(normalize({}, NFKD), '[\u0300-\u036f]', '', 'g'), '/.@', '   ')"
# As it stands in the index ix_creations_words, or PostgreSQL would not use that.
VECTOR = "to_tsvector('simple', 'g' || CAST(creations.guild_id AS text) || ' ' || {})".format(
    PLAIN.format("creations.request ->> 'prompt'")
)


async def index_words(session: AsyncSession, rows: Sequence[CreationRow]) -> None:
    """Let new creations be found; PostgreSQL keeps its index by itself."""
    await session.flush()
    if rows and session.get_bind().dialect.name == "sqlite":
        values = [{"rowid": row.id, "words": indexed(row.guild_id, row.request["prompt"])} for row in rows]
        await session.execute(insert(INDEX), values)


async def forget_words(session: AsyncSession, creation_ids: Sequence[int]) -> None:
    """Let creations be found no longer."""
    if session.get_bind().dialect.name == "sqlite":
        await session.execute(delete(INDEX).where(INDEX.c.rowid.in_(creation_ids)))


async def merge_words(connection: AsyncConnection, pages: int) -> bool:
    """Merge so many pages of FTS5's index, below 0 for the first of all segments; return whether there is more to do.

    What is forgotten leaves its tables only so; see `bot.creations.remains_store`.
    """
    merge = text("INSERT INTO creation_words (creation_words, rank) VALUES ('merge', :pages)")
    changes = text("SELECT total_changes()")
    before = await connection.scalar(changes)
    await connection.execute(merge, {"pages": pages})
    # The statement itself counts as one change.
    return await connection.scalar(changes) - before > 1


def indexed(guild_id: int, prompt: str) -> str:
    """Return the words of a prompt as FTS5's table has them."""
    return " ".join(_of_gallery(guild_id, word) for word in _words(prompt))


def with_words(
    query: Select[CreationRow], dialect: str, guild_id: int, words: str
) -> tuple[Select[CreationRow], ColumnElement[int]]:
    """Return a query for only what has words that begin so, and the column of its key."""
    beginnings = _words(words)
    if not beginnings:
        return query.where(false()), CreationRow.__table__.c.id
    if dialect == "sqlite":
        wanted = " AND ".join(f'"{_of_gallery(guild_id, word)}"*' for word in beginnings)
        matches: ColumnElement[Any] = literal_column("creation_words").op("MATCH")(wanted)
        return query.join(INDEX, INDEX.c.rowid == CreationRow.id).where(matches), INDEX.c.rowid
    # A gallery is a word like any other, so that what is found is the gallery's alone before it is put in order.
    wanted = " & ".join([f"g{guild_id}", *(f"{word}:*" for word in beginnings)])
    found = text(f"{VECTOR} @@ to_tsquery('simple', :wanted)").bindparams(wanted=wanted)
    return query.where(found), CreationRow.__table__.c.id


def _words(prompt: str) -> list[str]:
    """Return the words of a text without their accents."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", prompt) if not unicodedata.combining(each))
    return re.findall(r"[^\W_]+", plain)


def _of_gallery(guild_id: int, word: str) -> str:
    return f"{guild_id:x}g{word}"
