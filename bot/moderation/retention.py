"""Removal of pictures older than a server's limit, and of removals that a crash interrupted."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.core.loops import for_each, run_forever
from bot.creations.removal import Removal
from bot.creations.removal_store import RemovalStore
from bot.settings.guild_store import GuildStore

log = logging.getLogger(__name__)

PAUSE_SECONDS = 3600.0


class Retention:
    """Removes old pictures once an hour. `clock` returns the current time."""

    def __init__(
        self, guilds: GuildStore, removals: RemovalStore, removal: Removal, clock: Callable[[], datetime]
    ) -> None:
        self._guilds = guilds
        self._removals = removals
        self._removal = removal
        self._clock = clock

    async def run(self) -> None:
        """Finish interrupted removals and remove old pictures, every hour until cancelled."""
        await run_forever(self._advance, "could not remove old pictures", every=PAUSE_SECONDS)

    async def _advance(self) -> None:
        await self._removal.finish()
        await self.remove_old()

    async def remove_old(self) -> None:
        """Remove the old pictures of all servers, except favourites and pictures in a running challenge."""
        limits = (await self._guilds.keeping()).items()
        await for_each(limits, self._remove_old, lambda each: f"server {each[0]}: could not remove old pictures")

    async def _remove_old(self, limit: tuple[int, int]) -> None:
        guild_id, days = limit
        ids = await self._removals.older_than(guild_id, self._clock() - timedelta(days=days))
        if ids:
            log.info("removing %s pictures older than %s days", len(ids), days, extra={"guild": guild_id})
            await self._removal.remove(ids)
