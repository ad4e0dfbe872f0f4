"""How members and servers like it, and what that comes to for one request."""

from dataclasses import replace
from typing import Any

from bot.gallery.guilds import GuildStore
from bot.gallery.members import MemberStore
from bot.records import Defaults, GuildSettings, Preferences


class SettingsDesk:
    """What commands and panels use to read and change settings."""

    def __init__(self, members: MemberStore, guilds: GuildStore) -> None:
        self._members = members
        self._guilds = guilds

    async def preferences(self, user_id: int) -> Preferences:
        """Return how a member likes it."""
        return await self._members.preferences(user_id)

    async def of_guild(self, guild_id: int) -> GuildSettings:
        """Return how a server likes it."""
        return await self._guilds.settings(guild_id)

    async def prefer(self, user_id: int, **values: Any) -> Preferences:
        """Change some of a member's preferences, and return all."""
        preferences = replace(await self.preferences(user_id), **values)
        await self._members.prefer(user_id, preferences)
        return preferences

    async def choose(self, guild_id: int, **values: Any) -> GuildSettings:
        """Change some of a server's settings, and return all."""
        settings = replace(await self.of_guild(guild_id), **values)
        await self._guilds.choose(guild_id, settings)
        return settings

    async def defaults(self, guild_id: int, user_id: int) -> Defaults:
        """Return what a member's request begins with: what they chose themselves, else what their server chose."""
        own, server = await self.preferences(user_id), await self.of_guild(guild_id)
        return Defaults(
            own.model or server.model, own.aspect or server.aspect, own.count or server.count, own.style or server.style
        )
