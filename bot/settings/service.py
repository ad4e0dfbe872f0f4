"""How members and servers like it, and what that comes to for one request."""

from dataclasses import replace
from typing import Any

from bot.core.errors import UserError
from bot.core.i18n import _
from bot.settings.guild_store import GuildStore
from bot.settings.member_store import MemberStore
from bot.settings.models import Defaults, GuildSettings, Preferences


class SettingsService:
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
        return await self._members.change(user_id, lambda before: replace(before, **values))

    async def toggle(self, user_id: int, name: str) -> Preferences:
        """Turn one of a member's preferences on or off, and return all."""
        return await self._members.change(user_id, lambda before: replace(before, **{name: not getattr(before, name)}))

    async def choose(self, guild_id: int, **values: Any) -> GuildSettings:
        """Change some of a server's settings, and return all."""
        return await self._guilds.change(guild_id, lambda before: replace(before, **values))

    async def give_quota(self, guild_id: int, role_id: int, pictures: int, most: int) -> GuildSettings:
        """Give a role its own number of pictures a day, 0 for none of its own, and return all of a server's settings.

        Raises UserError where more than `most` roles would have one.
        """

        def given(before: GuildSettings) -> GuildSettings:
            others = tuple(pair for pair in before.role_pictures if pair[0] != role_id)
            if pictures and len(others) >= most:
                raise UserError(_("No more than {count} roles can have a number of their own.", count=most))
            return replace(before, role_pictures=(*others, (role_id, pictures)) if pictures else others)

        return await self._guilds.change(guild_id, given)

    async def defaults(self, guild_id: int, user_id: int) -> Defaults:
        """Return what a member's request begins with: what they chose themselves, else what their server chose."""
        own, server = await self.preferences(user_id), await self.of_guild(guild_id)
        return Defaults(
            own.model or server.model, own.aspect or server.aspect, own.count or server.count, own.style or server.style
        )
