"""Listeners for thread events, which keep the origins of pictures up to date."""

import discord
from discord.ext import commands

from bot.creations.thread_origins import ThreadOrigins

PUBLIC = (discord.ChannelType.public_thread, discord.ChannelType.news_thread)


class Threads(commands.Cog):
    """Cog that listens to raw thread events, because archived and deleted threads leave discord.py's cache."""

    def __init__(self, origins: ThreadOrigins) -> None:
        self._origins = origins

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Replace public threads in origins by their parents, for those archived while the bot was offline."""
        await self._origins.replace_all()

    @commands.Cog.listener("on_raw_thread_update")
    @commands.Cog.listener("on_raw_thread_delete")
    async def learn_parent(self, payload: discord.RawThreadUpdateEvent | discord.RawThreadDeleteEvent) -> None:
        """Replace a public thread in origins by its parent; the thread was updated, perhaps archived, or deleted."""
        if payload.thread_type in PUBLIC:
            await self._origins.replace(payload.guild_id, payload.thread_id, payload.parent_id)
