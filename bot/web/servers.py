"""What Discord tells of servers, for those who show them elsewhere."""

import asyncio
import logging
from collections.abc import Collection
from time import monotonic

import discord

from bot.core.audience import NOBODY, Audience
from bot.platform.audiences import member_of_pages, public_of_pages
from bot.platform.discord_errors import UNREACHABLE
from bot.platform.members import Members

# Nobody waits longer for names; Discord tells those of so many members at once.
PATIENCE_SECONDS = 3
ASKED_AT_ONCE = 100
FORGOTTEN_AFTER_SECONDS = 3600

log = logging.getLogger(__name__)


class Servers:
    """The servers that the bot is in."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._members = Members()
        self._names: dict[tuple[int, int], str] = {}
        self._forgotten_at = 0.0

    def server_name(self, guild_id: int) -> str | None:
        """Return what a server is called, or None where the bot isn't in it or doesn't know it yet."""
        guild = self._guild(guild_id)
        return guild.name if guild else None

    def public(self, guild_id: int) -> Audience:
        """Return the audience of a page that anybody may open."""
        guild = self._guild(guild_id)
        return public_of_pages(guild) if guild else NOBODY

    async def member(self, guild_id: int, user_id: int) -> Audience | None:
        """Return the audience of a page that a member opens, or None for who is not a member.

        Roles are those of a minute ago or later. Raises what `UNREACHABLE` names where Discord can't be asked.
        """
        guild = self._guild(guild_id)
        member = await self._members.member(guild, user_id) if guild else None
        return member_of_pages(guild, member) if guild and member else None

    def _guild(self, guild_id: int) -> discord.Guild | None:
        guild = self._client.get_guild(guild_id)
        return None if guild is None or guild.unavailable else guild

    def locale(self, guild_id: int) -> str:
        """Return the language of a server, one of Discord's locales; English where it isn't known."""
        guild = self._client.get_guild(guild_id)
        return (guild.preferred_locale if guild else discord.Locale.american_english).value

    async def names(self, guild_id: int, user_ids: Collection[int]) -> dict[int, str]:
        """Return how members are called in a server; who isn't in it any more, or can't be asked for, is left out."""
        if monotonic() > self._forgotten_at:
            self._names.clear()
            self._forgotten_at = monotonic() + FORGOTTEN_AFTER_SECONDS
        unknown = [user_id for user_id in dict.fromkeys(user_ids) if (guild_id, user_id) not in self._names]
        if guild := self._client.get_guild(guild_id) if unknown else None:
            try:
                await self._ask(guild, unknown[:ASKED_AT_ONCE])
            except (*UNREACHABLE, TimeoutError, discord.ConnectionClosed):
                log.warning("the names of members could not be asked for", exc_info=True)
        names = {user_id: self._names.get((guild_id, user_id), "") for user_id in user_ids}
        return {user_id: name for user_id, name in names.items() if name}

    async def _ask(self, guild: discord.Guild, user_ids: list[int]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            members = await guild.query_members(user_ids=user_ids, limit=ASKED_AT_ONCE, cache=False)
        found = {member.id: member.display_name for member in members}
        # Those who are gone are kept as such, so that they aren't asked for again and again.
        self._names.update({(guild.id, user_id): found.get(user_id, "") for user_id in user_ids})
