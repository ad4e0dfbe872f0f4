"""Replacement of public threads in origins by their parent channel, whose readers may see them.

Archived threads leave discord.py's cache, so their parent could not be looked up later.
"""

import discord

from bot.core.loops import for_each
from bot.creations.origin_store import OriginStore


class ThreadOrigins:
    """Service that replaces public threads in origins by their parent channel.

    The origins of new jobs have the parent from the start; those of jobs from before origins were stored have the
    thread.
    """

    def __init__(self, client: discord.Client, origins: OriginStore) -> None:
        self._client = client
        self._origins = origins
        self._settled: set[tuple[int, int]] = set()

    async def replace(self, guild_id: int, thread_id: int, parent_id: int) -> None:
        """Replace a public thread by its parent in all origins of a guild."""
        await self._origins.replace_channel(guild_id, thread_id, parent_id)

    async def replace_all(self) -> None:
        """Replace every public thread in an origin; a channel that Discord was asked about is not looked up again."""
        unsettled = await self._origins.channels() - self._settled
        await for_each(
            unsettled, self._settle, lambda each: f"channel {each[1]} of server {each[0]} could not be looked up"
        )

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
