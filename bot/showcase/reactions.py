"""Rules of reactions, and the comparison with Discord after the bot was offline."""

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
# Number of newest messages that are compared with Discord, and the pause before each, in seconds.
RECENT, PAUSE_SECONDS = 200, 0.5


class ReactionService:
    """Counts the reactions that `bot.showcase.cog` receives, and updates the showcase."""

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
        """Count a reaction with one of the guild's emojis; CROSS by a picture's maker removes the picture instead."""
        user_id, emoji = liked
        if emoji == CROSS:
            for creation in await self._creations.posted_in(guild_id, message_id):
                if creation.user_id == user_id:
                    await self._removal.remove_as(guild_id, creation.id, user_id, moderator=False)
        elif emoji in (await self._settings.of_guild(guild_id)).emojis:
            await self._refresh_showcase(guild_id, message_id, await self._reactions.add(message_id, liked))

    async def removed(self, guild_id: int, message_id: int, liked: Liked) -> None:
        """Remove a reaction from the count and update the showcase."""
        await self._refresh_showcase(guild_id, message_id, await self._reactions.remove(message_id, liked))

    async def cleared(self, guild_id: int, message_id: int, emoji: str | None = None) -> None:
        """Remove all reactions to a message, or all with one emoji, from the count."""
        await self._refresh_showcase(guild_id, message_id, await self._reactions.clear(message_id, emoji))

    def was_away(self) -> None:
        """Request a comparison with Discord, because reactions may have been missed."""
        self._away.set()

    async def run(self) -> None:
        """Compare the newest messages with Discord after each `was_away`, until cancelled."""
        # `on_ready` sets the event when the client can make requests.
        await self._away.wait()
        await run_forever(self._catch_up, "reactions could not be compared", wake=self._away)

    async def _catch_up(self) -> None:
        messages = await self._reactions.recent_messages(RECENT)
        await for_each(messages, self._compare, lambda ids: f"message {ids[2]}: could not compare its reactions")

    async def _compare(self, ids: tuple[int, int, int]) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        try:
            await self._reconcile(*ids)
        except UNREACHABLE:
            log.warning("message %s: could not read its reactions", ids[2], exc_info=True)

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
        await self._refresh_showcase(guild_id, message_id, await self._reactions.replace(message_id, likes))

    async def _refresh_showcase(self, guild_id: int, message_id: int, score: int | None) -> None:
        if score is not None:
            posted = await self._creations.posted_in(guild_id, message_id)
            if posted:
                await self._showcase.refresh(posted[0].job_id)
