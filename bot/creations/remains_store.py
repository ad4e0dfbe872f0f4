"""What deleted words leave in the files of an SQLite database, and how it is cleared.

`PRAGMA secure_delete` (see `bot.database.engine`) overwrites deleted rows with zeros. Two things remain: FTS5 only
marks a deleted word until its segments are merged, and the write-ahead log has pages as they were. FTS5's own
`secure-delete` needs SQLite 3.42. See https://www.sqlite.org/fts5.html#the_merge_command and
https://www.sqlite.org/pragma.html#pragma_wal_checkpoint. PostgreSQL clears its own files by VACUUM.
"""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.creations.search_index import merge_words

# Others may write between two steps. A step of so many pages takes 0.15 s at most on an index of a million prompts.
PAGES, PAUSE_SECONDS = 500, 0.05
# How long a checkpoint waits for readers; meanwhile nobody can write.
WAIT_MILLISECONDS = 1000


class RemainsStore:
    """Clears the database's files of deleted words; nothing is done where the database isn't SQLite."""

    def __init__(self, database: AsyncEngine) -> None:
        self._database = database

    async def clear(self, *, words: bool) -> bool:
        """Empty the log, after the index of `words` was merged; return False where that is to be tried again."""
        if self._database.dialect.name != "sqlite":
            return True
        async with self._database.connect() as connection:
            connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
            # The first step takes all segments together, the others merge what it took.
            has_more = words and await merge_words(connection, -PAGES)
            while has_more:
                await asyncio.sleep(PAUSE_SECONDS)
                has_more = await merge_words(connection, PAGES)
            return await _empty_log(connection)


async def _empty_log(connection: AsyncConnection) -> bool:
    """Write the log into the database and cut it to nothing; return False where somebody still read from it."""
    before = await connection.scalar(text("PRAGMA busy_timeout"))
    await connection.execute(text(f"PRAGMA busy_timeout={WAIT_MILLISECONDS}"))
    try:
        is_busy = await connection.scalar(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    finally:
        # A connection on which a statement was cancelled is thrown away, and takes no other.
        if not connection.invalidated:
            await connection.execute(text(f"PRAGMA busy_timeout={before}"))
    return not is_busy
