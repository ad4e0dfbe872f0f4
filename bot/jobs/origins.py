"""Keeps origins free of public threads: their pictures count as the parent's, also once a thread is archived."""

import logging

import discord

from bot.gallery.origins import OriginStore
from bot.jobs.delivery import UNREACHABLE

log = logging.getLogger(__name__)


class ThreadOrigins:
    """Puts the parent in the place of a public thread that an origin names.

    New jobs name the parent from the start. Those from before origins were kept name their thread.
    """

    def __init__(self, client: discord.Client, origins: OriginStore) -> None:
        self._client = client
        self._origins = origins

    async def replace(self, guild_id: int, thread_id: int, parent_id: int) -> None:
        """Put the parent in the place of a public thread."""
        await self._origins.replace_channel(guild_id, thread_id, parent_id)

    async def replace_all(self) -> None:
        """Do so for every thread that origins name; what Discord doesn't tell now is asked at the next start."""
        for guild_id, channel_id in await self._origins.channels():
            guild = self._client.get_guild(guild_id)
            if guild is None or guild.get_channel(channel_id):
                continue
            try:
                channel = guild.get_thread(channel_id) or await guild.fetch_channel(channel_id)
            except discord.NotFound:
                continue
            except (*UNREACHABLE, discord.InvalidData):
                log.warning("channel %s of server %s could not be asked for", channel_id, guild_id, exc_info=True)
                continue
            if isinstance(channel, discord.Thread) and not channel.is_private():
                await self.replace(guild_id, channel.id, channel.parent_id)
