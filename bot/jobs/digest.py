"""The weekly digests: the best pictures of the last seven days, posted where a server wants them."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

import discord

from bot.contact_sheet import draw_sheet
from bot.gallery.digests import DigestStore, Plan
from bot.gallery.files import Files
from bot.jobs.channels import is_too_public
from bot.jobs.delivery import UNREACHABLE
from bot.pictures import thumbnail
from bot.records import Creation
from bot.views.digest import digest_card
from bot.views.layout import Upload
from bot.words import say, speaking

log = logging.getLogger(__name__)

PAUSE_SECONDS = 60.0
WEEK = timedelta(days=7)
# On Mondays, in UTC.
HOUR = time(9)
LEAST, MOST = 3, 9


def next_digest(moment: datetime) -> datetime:
    """Return when digests are due next, after a moment in UTC."""
    monday = moment.date() - timedelta(days=moment.weekday())
    due = datetime.combine(monday, HOUR, moment.tzinfo)
    return due if due > moment else due + WEEK


class Digest:
    """Posts the digests that are due; of those missed while it didn't run, one."""

    def __init__(
        self, client: discord.Client, digests: DigestStore, files: Files, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._digests = digests
        self._files = files
        self._clock = clock

    async def run(self) -> None:
        """Post for ever."""
        await self._client.wait_until_ready()
        while True:
            await self.advance()
            await asyncio.sleep(PAUSE_SECONDS)

    async def advance(self) -> None:
        """Post what is due, and plan what comes next; a server that turns it on waits for the next Monday."""
        for plan in await self._digests.plans():
            try:
                await self._advance(plan)
            except UNREACHABLE:
                log.warning("the digest of server %s could not be posted", plan.guild_id, exc_info=True)
            except Exception:
                # The other servers get theirs; this one is tried again.
                log.exception("the digest of server %s could not be made", plan.guild_id)

    async def _advance(self, plan: Plan) -> None:
        now = self._clock()
        if not plan.channel_id:
            await self._digests.plan(plan.guild_id, None)
            return
        if plan.due_at and plan.due_at <= now:
            guild = self._client.get_guild(plan.guild_id)
            if guild is None:
                return
            try:
                await self._post(guild, plan.channel_id, plan.due_at, now - WEEK)
            except (discord.NotFound, discord.Forbidden):
                log.warning("the digest's channel of server %s is closed to me", guild.id, exc_info=True)
        if plan.due_at is None or plan.due_at <= now:
            await self._digests.plan(plan.guild_id, next_digest(now))

    async def _post(self, guild: discord.Guild, channel_id: int, due: datetime, since: datetime) -> None:
        channel = guild.get_channel_or_thread(channel_id)
        if not isinstance(channel, discord.abc.Messageable):
            log.warning("the digest's channel of server %s is gone", guild.id)
            return
        origins = await self._digests.channels(guild.id, since)
        suitable = [each for each in origins if not is_too_public(guild, each, channel)]
        best = await self._digests.best(guild.id, since, suitable, MOST)
        if len(best) < LEAST:
            return
        with speaking(guild.preferred_locale.value):
            card = digest_card(best, await self._sheet(best))
        # Discord makes one message of those with the same nonce, should this be done twice.
        await channel.send(**card.as_message(), nonce=f"{guild.id}{due:%y%j}")

    async def _sheet(self, best: Sequence[Creation]) -> Upload:
        pictures = [await self._files.derived(each.file_key, thumbnail) for each in best]
        drawn = await asyncio.to_thread(draw_sheet, pictures)
        return Upload("week.png", drawn, say("The best pictures of the week, by their numbers"))
