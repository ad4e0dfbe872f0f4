"""Members of servers, asked for where no interaction brings them along."""

import asyncio
from time import monotonic
from weakref import WeakValueDictionary

import discord

FRESH_SECONDS = 60.0


class Members:
    """Fetches members, which needs no privileged intent, and keeps each answer for a minute."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], tuple[float, discord.Member | None]] = {}
        self._locks: WeakValueDictionary[tuple[int, int], asyncio.Lock] = WeakValueDictionary()

    async def member(self, guild: discord.Guild, user_id: int) -> discord.Member | None:
        """Return a member with the roles that they had a minute ago or later, or None for who isn't one.

        Raises `discord.HTTPException` and the errors of the connection where Discord can't be asked.
        """
        key = (guild.id, user_id)
        async with self._locks.setdefault(key, asyncio.Lock()):
            asked_at, member = self._found.get(key, (-FRESH_SECONDS, None))
            if monotonic() - asked_at < FRESH_SECONDS:
                return member
            asked_at = monotonic()
            try:
                member = await guild.fetch_member(user_id)
            except discord.NotFound:
                member = None
            self._forget_old(asked_at)
            self._found[key] = (asked_at, member)
            return member

    def _forget_old(self, moment: float) -> None:
        self._found = {key: kept for key, kept in self._found.items() if moment - kept[0] < FRESH_SECONDS}
