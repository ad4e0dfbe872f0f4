"""Settings of servers and members, and the defaults that follow from both for a request."""

from dataclasses import replace
from typing import Any

from bot.core.errors import UserError
from bot.core.i18n import _
from bot.settings.guild_store import GuildStore
from bot.settings.member_store import MemberStore
from bot.settings.models import Defaults, GuildSettings, Preferences


class SettingsService:
    """Reads and changes settings, for commands and for the panels of `/settings`."""

    def __init__(self, members: MemberStore, guilds: GuildStore) -> None:
        self._members = members
        self._guilds = guilds

    async def preferences(self, user_id: int) -> Preferences:
        """Return the preferences of a member."""
        return await self._members.preferences(user_id)

    async def of_guild(self, guild_id: int) -> GuildSettings:
        """Return the settings of a server."""
        return await self._guilds.settings(guild_id)

    async def prefer(self, user_id: int, **values: Any) -> Preferences:
        """Set the given preferences of a member, and return all of them."""
        return await self._members.change(user_id, lambda before: replace(before, **values))

    async def toggle(self, user_id: int, name: str) -> Preferences:
        """Invert the boolean preference `name` of a member, and return all preferences."""
        return await self._members.change(user_id, lambda before: replace(before, **{name: not getattr(before, name)}))

    async def choose(self, guild_id: int, **values: Any) -> GuildSettings:
        """Set the given settings of a server, and return all of them."""
        return await self._guilds.change(guild_id, lambda before: replace(before, **values))

    async def give_quota(self, guild_id: int, role_id: int, pictures: int, most: int) -> GuildSettings:
        """Set the daily quota of a role, or remove it if `pictures` is 0, and return all settings of the server.

        Raises UserError if more than `most` roles would have a quota.
        """

        def with_quota(before: GuildSettings) -> GuildSettings:
            others = tuple(pair for pair in before.role_pictures if pair[0] != role_id)
            if pictures and len(others) >= most:
                raise UserError(_("No more than {count} roles can have a number of their own.", count=most))
            return replace(before, role_pictures=(*others, (role_id, pictures)) if pictures else others)

        return await self._guilds.change(guild_id, with_quota)

    async def defaults(self, guild_id: int, user_id: int) -> Defaults:
        """Return the default options of a member's request: their own preferences, else those of the server."""
        own, server = await self.preferences(user_id), await self.of_guild(guild_id)
        return Defaults(
            own.model or server.model, own.aspect or server.aspect, own.count or server.count, own.style or server.style
        )
