"""What Discord tells of reactions to messages that show pictures."""

import discord
from discord.ext import commands

from bot.showcase.reactions import ReactionService


class Reactions(commands.Cog):
    """Hears of reactions as raw events, so that no message has to be remembered."""

    def __init__(self, client: discord.Client, desk: ReactionService) -> None:
        self._client = client
        self._desk = desk

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Compare with Discord what was missed."""
        self._desk.was_away()

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Count it."""
        if payload.guild_id and payload.user_id != getattr(self._client.user, "id", None):
            await self._desk.added(payload.guild_id, payload.message_id, (payload.user_id, str(payload.emoji)))

    @commands.Cog.listener()
    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        """Count it no longer."""
        if payload.guild_id:
            await self._desk.removed(payload.guild_id, payload.message_id, (payload.user_id, str(payload.emoji)))

    @commands.Cog.listener("on_raw_reaction_clear")
    @commands.Cog.listener("on_raw_message_delete")
    async def count_none(self, payload: discord.RawReactionClearEvent | discord.RawMessageDeleteEvent) -> None:
        """Count none of a message's reactions any longer: they were cleared, or deleted with it."""
        if payload.guild_id:
            await self._desk.cleared(payload.guild_id, payload.message_id)

    @commands.Cog.listener()
    async def on_raw_reaction_clear_emoji(self, payload: discord.RawReactionClearEmojiEvent) -> None:
        """Count none with this emoji any longer."""
        if payload.guild_id:
            await self._desk.cleared(payload.guild_id, payload.message_id, str(payload.emoji))

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """With their messages, the reactions to them are gone."""
        if payload.guild_id:
            for message_id in payload.message_ids:
                await self._desk.cleared(payload.guild_id, message_id)
