"""Garbage collection of old drafts and of files that no row refers to."""

import logging
from collections.abc import Awaitable, Callable

from bot.core.loops import run_forever
from bot.database.file_store import FileStore
from bot.drafts.store import DraftStore

log = logging.getLogger(__name__)

PAUSE_SECONDS = 24 * 60 * 60.0


class Collector:
    """Garbage collector of drafts older than a day, and of files that no row refers to.

    `named` returns the keys of all files that a row refers to. The removed files are those of drafts that were never
    submitted, and those of which a crash prevented the row.
    """

    def __init__(self, drafts: DraftStore, files: FileStore, named: Callable[[], Awaitable[set[str]]]) -> None:
        self._drafts = drafts
        self._files = files
        self._named = named

    async def run(self) -> None:
        """Collect at once and then every 24 hours, until cancelled."""
        await run_forever(self.collect, "files could not be collected", every=PAUSE_SECONDS)

    async def collect(self) -> None:
        """Delete old drafts and unreferenced files; files younger than an hour stay, as their row may follow."""
        await self._drafts.expire()
        removed = await self._files.collect(await self._named())
        if removed:
            log.info("%s unreferenced files were removed", removed)
