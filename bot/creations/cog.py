"""What Discord tells of threads."""

import discord
from discord.ext import commands

from bot.creations.thread_origins import ThreadOrigins

PUBLIC = (discord.ChannelType.public_thread, discord.ChannelType.news_thread)


class Threads(commands.Cog):
    """Hears of threads that leave the cache, as raw events."""

    def __init__(self, origins: ThreadOrigins) -> None:
        self._origins = origins

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Learn the parents of threads that were archived while the bot was away."""
        await self._origins.replace_all()

    @commands.Cog.listener("on_raw_thread_update")
    @commands.Cog.listener("on_raw_thread_delete")
    async def learn_parent(self, payload: discord.RawThreadUpdateEvent | discord.RawThreadDeleteEvent) -> None:
        """Learn the parent of a thread, which may be archived now, or is gone."""
        if payload.thread_type in PUBLIC:
            await self._origins.replace(payload.guild_id, payload.thread_id, payload.parent_id)
