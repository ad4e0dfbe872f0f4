"""Removing the files that nothing needs any more."""

import logging
from collections.abc import Awaitable, Callable

from bot.core.loops import run_forever
from bot.database.file_store import FileStore
from bot.drafts.store import DraftStore

log = logging.getLogger(__name__)

PAUSE_SECONDS = 24 * 60 * 60.0


class Collector:
    """Lets go of old drafts, and removes the files that no row names; `named` returns the keys of those that one does.

    What a crash leaves between a file and its row goes so, and the pictures of drafts that were never handed in.
    """

    def __init__(self, drafts: DraftStore, files: FileStore, named: Callable[[], Awaitable[set[str]]]) -> None:
        self._drafts = drafts
        self._files = files
        self._named = named

    async def run(self) -> None:
        """Collect now and once a day, for ever."""
        await run_forever(self.collect, "files could not be collected", every=PAUSE_SECONDS)

    async def collect(self) -> None:
        """Remove what isn't needed; nothing that is younger than an hour, because it may be about to be named."""
        await self._drafts.expire()
        removed = await self._files.collect(await self._named())
        if removed:
            log.info("%s files that nothing names were removed", removed)
