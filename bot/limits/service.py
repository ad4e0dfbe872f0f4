"""What a server lets its members have painted: quotas of a day, cooldowns, and who may paint where.

A day begins at midnight UTC, for everybody at once: what is left of it is one number, and so is when it comes again.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, time, timedelta

from bot.core.errors import NotAllowedError, UserError
from bot.core.i18n import _, ngettext
from bot.core.message_ref import MemberContext, MessageRef
from bot.limits.models import ServerUse, Today
from bot.limits.store import UsageStore
from bot.settings.models import GuildSettings
from bot.settings.service import SettingsService
from bot.ui.cards import moment

BUSIEST = 5


class LimitService:
    """Holds members to the limits of their server, except those who may manage messages there.

    A picture is one of a quota from when its job is accepted, and no longer when the job fails or is cancelled. In
    direct messages there are no such limits. `clock` tells the time.
    """

    def __init__(self, usage: UsageStore, settings: SettingsService, clock: Callable[[], datetime]) -> None:
        self._usage = usage
        self._settings = settings
        self._clock = clock

    async def check(self, user_id: int, place: MessageRef, pictures: int, *, at_once: bool = True) -> None:
        """Raise UserError where a member may not have so many pictures painted now, or later today unless `at_once`."""
        if _is_free(user_id, place.guild_id, place.asker):
            return
        settings = await self._settings.of_guild(place.guild_id)
        self._check_gates(settings, place)
        if at_once and settings.cooldown:
            await self._check_cooldown(settings, user_id, place.guild_id)
        today = await self._today(settings, user_id, place.guild_id, place.asker)
        begins = moment(today.ends_at)
        if today.quota and today.left < pictures:
            raise UserError(
                _(
                    "You have {left} of {quota} pictures left today, and this takes {wanted}; a new day begins {time}.",
                    left=today.left,
                    quota=today.quota,
                    wanted=pictures,
                    time=begins,
                )
            )
        if today.server_quota and today.server_left < pictures:
            raise UserError(
                _(
                    "This server has {left} of {quota} pictures left today, and this takes {wanted}; "
                    "a new day begins {time}.",
                    left=today.server_left,
                    quota=today.server_quota,
                    wanted=pictures,
                    time=begins,
                )
            )

    async def today(self, user_id: int, guild_id: int, asker: MemberContext) -> Today:
        """Return what a member has left of a day; nothing is counted where there is no limit."""
        if _is_free(user_id, guild_id, asker):
            return Today(self._midnight() + timedelta(days=1))
        return await self._today(await self._settings.of_guild(guild_id), user_id, guild_id, asker)

    async def _today(self, settings: GuildSettings, user_id: int, guild_id: int, asker: MemberContext) -> Today:
        begin = self._midnight()
        ends_at = begin + timedelta(days=1)
        quota, server_quota = _quota(settings, asker), settings.pictures_a_server
        used = await self._usage.pictures(guild_id, begin, user_id) if quota else 0
        server_used = await self._usage.pictures(guild_id, begin) if server_quota else 0
        return Today(ends_at, quota, max(0, quota - used), server_quota, max(0, server_quota - server_used))

    async def server_use(self, guild_id: int) -> ServerUse:
        """Return how much of today a server has used, and who most of it."""
        begin = self._midnight()
        pictures, most = await asyncio.gather(
            self._usage.pictures(guild_id, begin), self._usage.most(guild_id, begin, BUSIEST)
        )
        return ServerUse(pictures, tuple(most))

    def _midnight(self) -> datetime:
        now = self._clock()
        return datetime.combine(now.date(), time(), now.tzinfo)

    def _check_gates(self, settings: GuildSettings, place: MessageRef) -> None:
        asker = place.asker
        if settings.channels and not {place.channel_id, asker.thread_of}.intersection(settings.channels):
            channels = ", ".join(f"<#{channel_id}>" for channel_id in settings.channels)
            raise NotAllowedError(_("I paint for members in these channels here: {channels}.", channels=channels))
        if settings.roles and not asker.role_ids.intersection(settings.roles):
            roles = ", ".join(f"<@&{role_id}>" for role_id in settings.roles)
            raise NotAllowedError(_("I paint here for who has one of these roles: {roles}.", roles=roles))
        now = self._clock()
        opens_at = (asker.joined_at or now) + timedelta(days=settings.member_days)
        if opens_at > now:
            raise NotAllowedError(
                ngettext(
                    "I paint here for who has been a member for {count} day; for you that is {time}.",
                    "I paint here for who has been a member for {count} days; for you that is {time}.",
                    count=settings.member_days,
                    time=moment(opens_at),
                )
            )

    async def _check_cooldown(self, settings: GuildSettings, user_id: int, guild_id: int) -> None:
        newest = await self._usage.newest(guild_id, user_id)
        if newest and (opens_at := newest + timedelta(seconds=settings.cooldown)) > self._clock():
            raise UserError(
                _("Members take a break between two jobs here; you can ask again {time}.", time=moment(opens_at))
            )


def _is_free(user_id: int, guild_id: int, asker: MemberContext) -> bool:
    """Return whether somebody is held to no limits: in direct messages, or as a moderator."""
    return guild_id == user_id or asker.is_moderator


def _quota(settings: GuildSettings, asker: MemberContext) -> int:
    """Return a member's pictures a day, 0 for no limit: the most that one of their roles has, else what all have."""
    return max((most for role_id, most in settings.role_pictures if role_id in asker.role_ids), default=0) or (
        settings.pictures_a_day
    )
