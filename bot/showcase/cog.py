"""Listeners for reactions to messages with pictures."""

import discord
from discord.ext import commands

from bot.showcase.reactions import ReactionService


class Reactions(commands.Cog):
    """Cog of raw reaction events, which arrive also for messages that are not in the cache."""

    def __init__(self, client: discord.Client, service: ReactionService) -> None:
        self._client = client
        self._service = service

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Start a comparison with Discord, because events may have been missed."""
        self._service.was_away()

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Count a reaction of a member to a message in a server."""
        if payload.guild_id and payload.user_id != getattr(self._client.user, "id", None):
            await self._service.added(payload.guild_id, payload.message_id, (payload.user_id, str(payload.emoji)))

    @commands.Cog.listener()
    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        """Remove a reaction from the count."""
        if payload.guild_id:
            await self._service.removed(payload.guild_id, payload.message_id, (payload.user_id, str(payload.emoji)))

    @commands.Cog.listener("on_raw_reaction_clear")
    @commands.Cog.listener("on_raw_message_delete")
    async def count_none(self, payload: discord.RawReactionClearEvent | discord.RawMessageDeleteEvent) -> None:
        """Remove all reactions to a message from the count."""
        if payload.guild_id:
            await self._service.cleared(payload.guild_id, payload.message_id)

    @commands.Cog.listener()
    async def on_raw_reaction_clear_emoji(self, payload: discord.RawReactionClearEmojiEvent) -> None:
        """Remove all reactions with one emoji from the count."""
        if payload.guild_id:
            await self._service.cleared(payload.guild_id, payload.message_id, str(payload.emoji))

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Remove the reactions to all of the deleted messages from the count."""
        if payload.guild_id:
            for message_id in payload.message_ids:
                await self._service.cleared(payload.guild_id, message_id)
