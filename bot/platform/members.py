"""Cache of server members, for code that has no interaction with the member in it."""

import asyncio
from time import monotonic
from weakref import WeakValueDictionary

import discord

FRESH_SECONDS = 60.0


class Members:
    """Fetches members by id, which needs no privileged intent, and caches each result for a minute."""

    def __init__(self) -> None:
        self._cache: dict[tuple[int, int], tuple[float, discord.Member | None]] = {}
        self._locks: WeakValueDictionary[tuple[int, int], asyncio.Lock] = WeakValueDictionary()

    async def member(self, guild: discord.Guild, user_id: int) -> discord.Member | None:
        """Return a member with roles at most a minute old, or None if the user is not a member.

        Raises `discord.HTTPException` or a connection error if the request fails.
        """
        key = (guild.id, user_id)
        async with self._locks.setdefault(key, asyncio.Lock()):
            fetched_at, member = self._cache.get(key, (-FRESH_SECONDS, None))
            if monotonic() - fetched_at < FRESH_SECONDS:
                return member
            fetched_at = monotonic()
            try:
                member = await guild.fetch_member(user_id)
            except discord.NotFound:
                member = None
            self._evict_expired(fetched_at)
            self._cache[key] = (fetched_at, member)
            return member

    def _evict_expired(self, now: float) -> None:
        self._cache = {key: entry for key, entry in self._cache.items() if now - entry[0] < FRESH_SECONDS}


async def direct_messages(client: discord.Client, user_id: int) -> discord.DMChannel:
    """Return the channel of a user's direct messages. Raises discord.HTTPException if Discord does not open it."""
    return await client.create_dm(discord.Object(user_id))
