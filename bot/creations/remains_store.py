"""Erasure of the remains of deleted prompts from the files of an SQLite database.

`PRAGMA secure_delete` (see `bot.database.engine`) overwrites deleted rows with zeros. Two kinds of remains stay: FTS5
only marks a word as deleted until its segments are merged, and the write-ahead log holds older versions of pages.
FTS5's own `secure-delete` needs SQLite 3.42. See https://www.sqlite.org/fts5.html#the_merge_command and
https://www.sqlite.org/pragma.html#pragma_wal_checkpoint. PostgreSQL cleans its own files by VACUUM.
"""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.creations.search_index import merge_words

# Pages merged per step, and the pause between steps in which other connections may write. A step takes 0.15 s at most
# on an index of a million prompts.
PAGES, PAUSE_SECONDS = 500, 0.05
# Limit of the time that a checkpoint waits for readers, because it blocks all writers meanwhile.
WAIT_MILLISECONDS = 1000


class RemainsStore:
    """Erases the remains of deleted words from an SQLite database; does nothing with other databases."""

    def __init__(self, database: AsyncEngine) -> None:
        self._database = database

    async def clear(self, *, words: bool) -> bool:
        """Empty the write-ahead log; with `words`, first merge the index of words completely.

        Return False if a reader blocked the checkpoint, so that it has to be tried again.
        """
        if self._database.dialect.name != "sqlite":
            return True
        async with self._database.connect() as connection:
            connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
            # A negative number of pages makes FTS5 put all segments into one merge, which the other steps continue.
            has_more = words and await merge_words(connection, -PAGES)
            while has_more:
                await asyncio.sleep(PAUSE_SECONDS)
                has_more = await merge_words(connection, PAGES)
            return await _truncate_log(connection)


async def _truncate_log(connection: AsyncConnection) -> bool:
    """Checkpoint the write-ahead log and truncate it to zero bytes; return False if a reader still used it."""
    before = await connection.scalar(text("PRAGMA busy_timeout"))
    await connection.execute(text(f"PRAGMA busy_timeout={WAIT_MILLISECONDS}"))
    try:
        is_busy = await connection.scalar(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    finally:
        # A connection on which a statement was cancelled is invalidated and can't execute another one.
        if not connection.invalidated:
            await connection.execute(text(f"PRAGMA busy_timeout={before}"))
    return not is_busy
