"""Reactions of members: what counts, what it comes to, and what was missed while the bot was away."""

import asyncio
import logging

import discord

from bot.core.loops import for_each, run_forever
from bot.creations.removal import Removal
from bot.creations.store import CreationStore
from bot.platform.discord_errors import UNREACHABLE
from bot.settings.service import SettingsService
from bot.showcase.reaction_store import Liked, ReactionStore
from bot.showcase.service import Showcase

log = logging.getLogger(__name__)

CROSS = "❌"
# As many messages are compared with Discord at a start, one in so many seconds.
RECENT, PAUSE_SECONDS = 200, 0.5


class ReactionService:
    """Takes what Discord tells of reactions; see `bot.showcase.cog`."""

    def __init__(
        self,
        client: discord.Client,
        reactions: ReactionStore,
        creations: CreationStore,
        settings: SettingsService,
        removal: Removal,
        showcase: Showcase,
    ) -> None:
        self._client = client
        self._reactions = reactions
        self._creations = creations
        self._settings = settings
        self._removal = removal
        self._showcase = showcase
        self._away = asyncio.Event()

    async def added(self, guild_id: int, message_id: int, liked: Liked) -> None:
        """Count a reaction; the maker's cross removes the pictures instead."""
        user_id, emoji = liked
        if emoji == CROSS:
            for creation in await self._creations.posted_in(guild_id, message_id):
                if creation.user_id == user_id:
                    await self._removal.remove_as(guild_id, creation.id, user_id, moderator=False)
        elif emoji in (await self._settings.of_guild(guild_id)).emojis:
            await self._rescored(guild_id, message_id, await self._reactions.add(message_id, liked))

    async def removed(self, guild_id: int, message_id: int, liked: Liked) -> None:
        """Count a reaction no longer."""
        await self._rescored(guild_id, message_id, await self._reactions.remove(message_id, liked))

    async def cleared(self, guild_id: int, message_id: int, emoji: str | None = None) -> None:
        """Count none of a message's reactions any longer, or none with an emoji."""
        await self._rescored(guild_id, message_id, await self._reactions.clear(message_id, emoji))

    def was_away(self) -> None:
        """Take note that reactions may have been missed."""
        self._away.set()

    async def run(self) -> None:
        """Compare the newest messages with Discord whenever something may have been missed, for ever."""
        # Discord is looked at once it can be: `on_ready` says so.
        await self._away.wait()
        await run_forever(self._catch_up, "reactions could not be compared", wake=self._away)

    async def _catch_up(self) -> None:
        messages = await self._reactions.recent_messages(RECENT)
        await for_each(
            messages, self._compare, lambda place: f"the reactions of message {place[2]} could not be compared"
        )

    async def _compare(self, place: tuple[int, int, int]) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        try:
            await self._reconcile(*place)
        except UNREACHABLE:
            log.warning("the reactions of message %s could not be read", place[2], exc_info=True)

    async def _reconcile(self, guild_id: int, channel_id: int, message_id: int) -> None:
        channel = self._client.get_channel(channel_id)
        if not isinstance(channel, discord.abc.Messageable):
            return
        emojis = (await self._settings.of_guild(guild_id)).emojis
        likes: set[Liked] = set()
        try:
            message = await channel.fetch_message(message_id)
        except discord.NotFound:
            message = None
        for reaction in message.reactions if message else ():
            if str(reaction.emoji) in emojis:
                likes.update([(user.id, str(reaction.emoji)) async for user in reaction.users()])
        await self._rescored(guild_id, message_id, await self._reactions.replace(message_id, likes))

    async def _rescored(self, guild_id: int, message_id: int, score: int | None) -> None:
        if score is not None:
            posted = await self._creations.posted_in(guild_id, message_id)
            if posted:
                await self._showcase.refresh(posted[0].job_id)
