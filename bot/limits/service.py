"""Checks of a server's limits: daily quotas, cooldowns, and the roles and channels in which members may paint.

A day begins at midnight UTC for everybody, so that one number says what is left, and one time when the quota resets.
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

TOP_MEMBERS = 5


class LimitService:
    """Checks requests against the limits of the server; members who may manage messages are exempt.

    Pictures count towards a quota as soon as their job is accepted, and no longer once it fails or is cancelled. There
    are no limits in direct messages. `clock` returns the current time.
    """

    def __init__(self, usage: UsageStore, settings: SettingsService, clock: Callable[[], datetime]) -> None:
        self._usage = usage
        self._settings = settings
        self._clock = clock

    async def check(self, user_id: int, place: MessageRef, pictures: int, *, at_once: bool = True) -> None:
        """Raise UserError if a member may not request `pictures` more pictures.

        Checks the channel, roles, days of membership and quotas, and the cooldown if the job starts `at_once`.
        """
        if _is_exempt(user_id, place.guild_id, place.asker):
            return
        settings = await self._settings.of_guild(place.guild_id)
        self._check_access(settings, place)
        if at_once and settings.cooldown:
            await self._check_cooldown(settings, user_id, place.guild_id)
        today = await self._today(settings, user_id, place.guild_id, place.asker)
        next_day = moment(today.ends_at)
        if today.quota and today.left < pictures:
            raise UserError(
                _(
                    "You have {left} of {quota} pictures left today, and this takes {wanted}; a new day begins {time}.",
                    left=today.left,
                    quota=today.quota,
                    wanted=pictures,
                    time=next_day,
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
                    time=next_day,
                )
            )

    async def today(self, user_id: int, guild_id: int, asker: MemberContext) -> Today:
        """Return what a member has left of today's quotas; a quota of 0 means no limit."""
        if _is_exempt(user_id, guild_id, asker):
            return Today(self._midnight() + timedelta(days=1))
        return await self._today(await self._settings.of_guild(guild_id), user_id, guild_id, asker)

    async def _today(self, settings: GuildSettings, user_id: int, guild_id: int, asker: MemberContext) -> Today:
        midnight = self._midnight()
        ends_at = midnight + timedelta(days=1)
        quota, server_quota = _quota(settings, asker), settings.pictures_a_server
        used = await self._usage.pictures(guild_id, midnight, user_id) if quota else 0
        server_used = await self._usage.pictures(guild_id, midnight) if server_quota else 0
        return Today(ends_at, quota, max(0, quota - used), server_quota, max(0, server_quota - server_used))

    async def server_use(self, guild_id: int) -> ServerUse:
        """Return the pictures of a server today, and the five members with most of them."""
        midnight = self._midnight()
        pictures, most = await asyncio.gather(
            self._usage.pictures(guild_id, midnight), self._usage.most(guild_id, midnight, TOP_MEMBERS)
        )
        return ServerUse(pictures, tuple(most))

    def _midnight(self) -> datetime:
        now = self._clock()
        return datetime.combine(now.date(), time(), now.tzinfo)

    def _check_access(self, settings: GuildSettings, place: MessageRef) -> None:
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


def _is_exempt(user_id: int, guild_id: int, asker: MemberContext) -> bool:
    """Return whether no limits apply: in direct messages, where the guild id is the user id, and to moderators."""
    return guild_id == user_id or asker.is_moderator


def _quota(settings: GuildSettings, asker: MemberContext) -> int:
    """Return a member's daily quota, 0 for no limit: the largest of their roles', else the one of all members."""
    return max((most for role_id, most in settings.role_pictures if role_id in asker.role_ids), default=0) or (
        settings.pictures_a_day
    )
