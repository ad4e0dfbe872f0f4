"""Removal of all pictures that a member made in a server."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.creations.models import Creation
from bot.creations.removal import Removal
from bot.creations.removal_store import RemovalStore


class Purge:
    """Removes many pictures of one member. `clock` returns the current time."""

    def __init__(self, removal: Removal, removals: RemovalStore, clock: Callable[[], datetime]) -> None:
        self._removal = removal
        self._removals = removals
        self._clock = clock
        self.put_messages_right = removal.put_messages_right

    async def pictures(self, guild_id: int, user_id: int, days: int) -> list[int]:
        """Return the ids of a member's pictures in a server, of the last `days` days, 0 for all."""
        since = self._clock() - timedelta(days=days) if days else None
        return await self._removals.pictures_of(guild_id, user_id, since)

    async def take(self, guild_id: int, user_id: int, days: int) -> list[Creation]:
        """Remove these pictures from the gallery and the disk, and return them.

        Their messages still show them: pass the result to `put_messages_right`.
        """
        return await self._removal.take(await self.pictures(guild_id, user_id, days))
