"""Keeps origins free of public threads: their pictures count as the parent's, also once a thread is archived."""

import discord

from bot.core.loops import for_each
from bot.creations.origin_store import OriginStore


class ThreadOrigins:
    """Puts the parent in the place of a public thread that an origin names.

    New jobs name the parent from the start. Those from before origins were kept name their thread.
    """

    def __init__(self, client: discord.Client, origins: OriginStore) -> None:
        self._client = client
        self._origins = origins
        self._settled: set[tuple[int, int]] = set()

    async def replace(self, guild_id: int, thread_id: int, parent_id: int) -> None:
        """Put the parent in the place of a public thread."""
        await self._origins.replace_channel(guild_id, thread_id, parent_id)

    async def replace_all(self) -> None:
        """Do so for every thread that origins name; what Discord has told of one isn't asked again."""
        unsettled = await self._origins.channels() - self._settled
        await for_each(unsettled, self._settle, lambda each: f"channel {each[1]} of server {each[0]} isn't known yet")

    async def _settle(self, named: tuple[int, int]) -> None:
        guild_id, channel_id = named
        guild = self._client.get_guild(guild_id)
        if guild is None or guild.unavailable or guild.get_channel(channel_id):
            return
        try:
            channel = guild.get_thread(channel_id) or await guild.fetch_channel(channel_id)
        except discord.NotFound:
            channel = None
        if isinstance(channel, discord.Thread) and not channel.is_private():
            await self.replace(guild_id, channel.id, channel.parent_id)
        self._settled.add(named)
