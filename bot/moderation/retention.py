"""Removing what is older than a server wants to keep, and what a crash kept from being removed."""

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
    """Looks once an hour. `clock` tells what time it is."""

    def __init__(
        self, guilds: GuildStore, removals: RemovalStore, removal: Removal, clock: Callable[[], datetime]
    ) -> None:
        self._guilds = guilds
        self._removals = removals
        self._removal = removal
        self._clock = clock

    async def run(self) -> None:
        """Remove for ever."""
        await run_forever(self._advance, "old pictures could not be removed", every=PAUSE_SECONDS)

    async def _advance(self) -> None:
        await self._removal.finish()
        await self.remove_old()

    async def remove_old(self) -> None:
        """Remove the old pictures of all servers, but favourites, and what is in a challenge that still runs."""
        keeping = (await self._guilds.keeping()).items()
        await for_each(
            keeping, self._remove_old, lambda each: f"the old pictures of server {each[0]} could not be removed"
        )

    async def _remove_old(self, keeping: tuple[int, int]) -> None:
        guild_id, days = keeping
        ids = await self._removals.older_than(guild_id, self._clock() - timedelta(days=days))
        if ids:
            log.info("removing %s pictures older than %s days", len(ids), days, extra={"guild": guild_id})
            await self._removal.remove(ids)
