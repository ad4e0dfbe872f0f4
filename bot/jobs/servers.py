"""What Discord tells of servers, for those who show them elsewhere."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from time import monotonic

import discord

from bot.jobs.patience import UNREACHABLE

# Nobody waits longer for names; Discord tells those of so many members at once.
PATIENCE_SECONDS = 3
ASKED_AT_ONCE = 100
FORGOTTEN_AFTER_SECONDS = 3600

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Server:
    """A server as it is now, and the ids of the channels and threads of which something is to be shown."""

    name: str
    channels: frozenset[int]


class Servers:
    """The servers that the bot is in. What it doesn't know for sure counts as restricted."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._names: dict[tuple[int, int], str] = {}
        self._forgotten_at = 0.0

    def server(self, guild_id: int, *, public: bool) -> Server | None:
        """Return a server, or None where the bot isn't in it or doesn't know it yet.

        Its channels are those that aren't age-restricted; of a `public` one those that everybody in it sees, and none
        where the whole server is age-restricted.
        """
        guild = self._client.get_guild(guild_id)
        if guild is None or guild.unavailable:
            return None
        if public and guild.nsfw_level in (discord.NSFWLevel.explicit, discord.NSFWLevel.age_restricted):
            return Server(guild.name, frozenset())
        everybody = guild.default_role
        channels = {
            each.id
            for each in guild.channels
            if not each.is_nsfw() and (not public or each.permissions_for(everybody).view_channel)
        }
        # Of a thread whose parent is not known, nothing is known.
        threads = {
            each.id for each in guild.threads if each.parent_id in channels and not (public and each.is_private())
        }
        return Server(guild.name, frozenset(channels | threads))

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
