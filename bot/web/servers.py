"""Data about servers and members from Discord, for the web pages."""

import asyncio
import logging
from collections.abc import Collection
from time import monotonic

import discord

from bot.core.audience import NOBODY, Audience
from bot.platform.audiences import member_of_pages, public_of_pages
from bot.platform.discord_errors import UNREACHABLE
from bot.platform.members import Members

# Longest wait for the names of members, and the number of members that Discord allows in one query.
PATIENCE_SECONDS = 3
MEMBERS_PER_QUERY = 100
CACHE_SECONDS = 3600

log = logging.getLogger(__name__)


class Servers:
    """Names, languages and members of the servers that the bot is in. Names are cached for an hour."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._members = Members()
        self._names: dict[tuple[int, int], str] = {}
        self._expires_at = 0.0

    def server_name(self, guild_id: int) -> str | None:
        """Return a server's name, or None if the bot is not in it or the gateway has not sent it yet."""
        guild = self._guild(guild_id)
        return guild.name if guild else None

    def public(self, guild_id: int) -> Audience:
        """Return the audience of a page that everybody may open; NOBODY if the server is not known."""
        guild = self._guild(guild_id)
        return public_of_pages(guild) if guild else NOBODY

    async def member(self, guild_id: int, user_id: int) -> Audience | None:
        """Return the audience of a page that a member opens, or None if they are not a member of the server.

        Roles may be up to a minute old. Raises one of `UNREACHABLE` if Discord can't be asked.
        """
        guild = self._guild(guild_id)
        member = await self._members.member(guild, user_id) if guild else None
        return member_of_pages(guild, member) if guild and member else None

    def _guild(self, guild_id: int) -> discord.Guild | None:
        guild = self._client.get_guild(guild_id)
        return None if guild is None or guild.unavailable else guild

    def locale(self, guild_id: int) -> str:
        """Return the Discord locale of a server, American English if the server is not known."""
        guild = self._client.get_guild(guild_id)
        return (guild.preferred_locale if guild else discord.Locale.american_english).value

    async def names(self, guild_id: int, user_ids: Collection[int]) -> dict[int, str]:
        """Return display names by user id; members who left, or whose names can't be fetched in time, are left out."""
        if monotonic() > self._expires_at:
            self._names.clear()
            self._expires_at = monotonic() + CACHE_SECONDS
        unknown = [user_id for user_id in dict.fromkeys(user_ids) if (guild_id, user_id) not in self._names]
        if guild := self._client.get_guild(guild_id) if unknown else None:
            try:
                await self._fetch_names(guild, unknown[:MEMBERS_PER_QUERY])
            except (*UNREACHABLE, TimeoutError, discord.ConnectionClosed):
                log.warning("server %s: could not fetch the names of members", guild_id, exc_info=True)
        names = {user_id: self._names.get((guild_id, user_id), "") for user_id in user_ids}
        return {user_id: name for user_id, name in names.items() if name}

    async def _fetch_names(self, guild: discord.Guild, user_ids: list[int]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            members = await guild.query_members(user_ids=user_ids, limit=MEMBERS_PER_QUERY, cache=False)
        found = {member.id: member.display_name for member in members}
        # Members who left are cached with an empty name, so that they are not queried again.
        self._names.update({(guild.id, user_id): found.get(user_id, "") for user_id in user_ids})
