"""Full-text index of the words of prompts: FTS5 in SQLite, a tsvector in PostgreSQL.

See https://www.sqlite.org/fts5.html and https://www.postgresql.org/docs/current/textsearch.html.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, column, delete, false, insert, literal_column, table, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from bot.database.tables import CreationRow

# The FTS5 table; its row ids are those of the creations. Each word is prefixed with its guild, because FTS5 merges the
# postings of all words with the searched prefix, and most of them would be other guilds'.
INDEX = table("creation_words", column("rowid"), column("words"))
# The normalisation of `_words` in PostgreSQL's functions.
PLAIN = r"translate(regexp_replace(normalize({}, NFKD), '[\u0300-\u036f]', '', 'g'), '/.@', '   ')"
# Must equal the expression of the index ix_creations_words, or PostgreSQL doesn't use the index.
VECTOR = "to_tsvector('simple', 'g' || CAST(creations.guild_id AS text) || ' ' || {})".format(
    PLAIN.format("creations.request ->> 'prompt'")
)


async def index_words(session: AsyncSession, rows: Sequence[CreationRow]) -> None:
    """Add the prompts of new creations to the index, after flushing them; PostgreSQL updates its index by itself."""
    await session.flush()
    if rows and session.get_bind().dialect.name == "sqlite":
        values = [{"rowid": row.id, "words": indexed(row.guild_id, row.request["prompt"])} for row in rows]
        await session.execute(insert(INDEX), values)


async def forget_words(session: AsyncSession, creation_ids: Sequence[int]) -> None:
    """Delete the prompts of creations from the index; nothing to do in PostgreSQL, see `index_words`."""
    if session.get_bind().dialect.name == "sqlite":
        await session.execute(delete(INDEX).where(INDEX.c.rowid.in_(creation_ids)))


async def merge_words(connection: AsyncConnection, pages: int) -> bool:
    """Merge up to `pages` pages of the FTS5 index, and return whether there is more to merge.

    A negative number starts a merge of all segments. Deleted words leave FTS5's tables only by merging; see
    `bot.creations.remains_store`.
    """
    merge = text("INSERT INTO creation_words (creation_words, rank) VALUES ('merge', :pages)")
    changes = text("SELECT total_changes()")
    before = await connection.scalar(changes)
    await connection.execute(merge, {"pages": pages})
    # The statement itself counts as one change; by FTS5's documentation, a difference below 2 means nothing was merged.
    return await connection.scalar(changes) - before > 1


def indexed(guild_id: int, prompt: str) -> str:
    """Return the words of a prompt in the form of the FTS5 table, each with its guild as prefix."""
    return " ".join(_with_guild(guild_id, word) for word in _words(prompt))


def with_words(
    query: Select[CreationRow], dialect: str, guild_id: int, words: str
) -> tuple[Select[CreationRow], ColumnElement[int]]:
    """Restrict a query to the creations of a guild whose prompt has, for each word in `words`, one that begins with it.

    Return the query and the column with the creation's id, by which the index finds rows. Without any word the query
    finds nothing. `dialect` is SQLAlchemy's name of the database.
    """
    prefixes = _words(words)
    if not prefixes:
        return query.where(false()), CreationRow.__table__.c.id
    if dialect == "sqlite":
        expression = " AND ".join(f'"{_with_guild(guild_id, word)}"*' for word in prefixes)
        matches: ColumnElement[Any] = literal_column("creation_words").op("MATCH")(expression)
        return query.join(INDEX, INDEX.c.rowid == CreationRow.id).where(matches), INDEX.c.rowid
    # The guild is indexed as one of the words, so that the index returns only its rows before they are sorted.
    expression = " & ".join([f"g{guild_id}", *(f"{word}:*" for word in prefixes)])
    found = text(f"{VECTOR} @@ to_tsquery('simple', :wanted)").bindparams(wanted=expression)
    return query.where(found), CreationRow.__table__.c.id


def _words(prompt: str) -> list[str]:
    """Return the words of a text, NFKD-normalised and without accents; case is left to the database."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", prompt) if not unicodedata.combining(each))
    return re.findall(r"[^\W_]+", plain)


def _with_guild(guild_id: int, word: str) -> str:
    return f"{guild_id:x}g{word}"
