"""Scheduler of the weekly digests: the best pictures of the last seven days, posted in a channel of the server.

Pictures that are removed later are also removed from the posts.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

import discord

from bot.core.audience import PostAudiences
from bot.core.i18n import _
from bot.core.loops import for_each, run_forever
from bot.creations.models import Creation
from bot.database.file_store import FileStore
from bot.digest.contact_sheet import draw_sheet
from bot.digest.store import DigestPost, DigestStore, Plan
from bot.digest.views import digest_card
from bot.imaging.images import thumbnail
from bot.platform.discord_errors import UNREACHABLE
from bot.platform.languages import language_of_server
from bot.platform.patience import Patience
from bot.ui.cards import Card, Upload

log = logging.getLogger(__name__)

PAUSE_SECONDS = 60.0
WEEK = timedelta(days=7)
# Time of day at which digests are due on Mondays, in UTC.
HOUR = time(9)
# Number of pictures in a digest; with fewer than LEAST none is posted.
LEAST, MOST = 3, 9


def next_digest(moment: datetime) -> datetime:
    """Return the first Monday at HOUR after `moment`, a time in UTC."""
    monday = moment.date() - timedelta(days=moment.weekday())
    due = datetime.combine(monday, HOUR, moment.tzinfo)
    return due if due > moment else due + WEEK


class Digest:
    """Posts the digests that are due; if several were missed while the bot was offline, it posts one."""

    def __init__(
        self,
        client: discord.Client,
        digests: DigestStore,
        files: FileStore,
        audiences: PostAudiences,
        clock: Callable[[], datetime],
        patience: Patience,
    ) -> None:
        self._client = client
        self._audiences = audiences
        self._digests = digests
        self._files = files
        self._clock = clock
        self._patience = patience
        # Serialises posting and redrawing: no sheet must be drawn from a list that a concurrent redraw has shortened.
        self._drawing = asyncio.Lock()

    async def run(self) -> None:
        """Check for due digests every PAUSE_SECONDS, until cancelled."""
        await self._client.wait_until_ready()
        await run_forever(self.advance, "digests could not be read", every=PAUSE_SECONDS)

    async def advance(self) -> None:
        """Post the digests that are due and set the next due times.

        A server that has just enabled the digest gets its first one on the next Monday.
        """
        plans = await self._digests.plans()
        await for_each(plans, self._advance, lambda plan: f"server {plan.guild_id}: could not make the digest")

    async def _advance(self, plan: Plan) -> None:
        try:
            async with self._drawing:
                await self._post_or_plan(plan)
        except UNREACHABLE:
            log.warning("server %s: could not post the digest", plan.guild_id, exc_info=True)

    async def _post_or_plan(self, plan: Plan) -> None:
        now = self._clock()
        posted = None
        if not plan.channel_id:
            await self._digests.plan(plan.guild_id, None)
            return
        if plan.due_at and plan.due_at <= now:
            guild = self._client.get_guild(plan.guild_id)
            if guild is None:
                return
            try:
                posted = await self._post(guild, plan.channel_id, plan.due_at, now - WEEK)
            except (discord.NotFound, discord.Forbidden):
                log.warning("digest channel of server %s is missing or not accessible", guild.id, exc_info=True)
        if plan.due_at is None or plan.due_at <= now:
            await self._digests.plan(plan.guild_id, next_digest(now), posted)

    async def _post(self, guild: discord.Guild, channel_id: int, due: datetime, since: datetime) -> DigestPost | None:
        channel = guild.get_channel_or_thread(channel_id)
        if not isinstance(channel, discord.abc.Messageable):
            log.warning("digest channel of server %s was deleted", guild.id)
            return None
        readers = await self._audiences.readers(guild.id, channel_id)
        shown = await self._readable(await self._digests.best(guild.id, since, readers, MOST))
        if len(shown) < LEAST:
            return None
        card = await _card(self._client, guild, shown)
        # Discord deduplicates messages with the same nonce, in case this runs twice.
        message = await channel.send(**card.as_message(), nonce=f"{guild.id}{due:%y%j}")
        return DigestPost(guild.id, channel_id, message.id, tuple(each for each, _thumbnail in shown))

    async def redraw_outdated(self) -> int:
        """Remove hidden pictures from posted digests; return the number of digests that could not be updated yet."""
        async with self._drawing:
            outdated = await self._digests.outdated()
            await for_each(
                outdated,
                self._redraw_outdated,
                lambda post: f"digest {post.message_id}: could not remove stale pictures",
            )
            return len(await self._digests.outdated()) if outdated else 0

    async def _redraw_outdated(self, post: DigestPost) -> None:
        key = f"digest {post.message_id}"
        if self._patience.is_due(key) and await self._patience.settle(key, post.guild_id, self._redraw(post)):
            await self._digests.mark_current(post)

    async def _redraw(self, post: DigestPost) -> None:
        channel = self._client.get_partial_messageable(post.channel_id, guild_id=post.guild_id)
        message = channel.get_partial_message(post.message_id)
        guild = self._client.get_guild(post.guild_id)
        readers = await self._audiences.readers(post.guild_id, post.channel_id)
        pictures = await self._digests.in_view(post, readers)
        if guild and pictures:
            shown = await self._readable(pictures)
            await message.edit(**(await _card(self._client, guild, shown)).as_edit())
        else:
            await message.delete()

    async def _readable(self, creations: Sequence[Creation]) -> list[tuple[Creation, bytes]]:
        """Return pictures with their thumbnails; skip and log those whose file is missing or damaged."""
        found: list[tuple[Creation, bytes]] = []

        async def read(creation: Creation) -> None:
            found.append((creation, await self._files.derived(creation.file_key, thumbnail)))

        await for_each(creations, read, lambda creation: f"picture {creation.id}: could not read its file")
        return found


async def _card(client: discord.Client, guild: discord.Guild, shown: Sequence[tuple[Creation, bytes]]) -> Card:
    drawn = await asyncio.to_thread(draw_sheet, [thumbnail for _creation, thumbnail in shown])
    with language_of_server(client, guild.id):
        sheet = Upload("week.png", drawn, _("The best pictures of the week, by their numbers"))
        return digest_card([creation for creation, _thumbnail in shown], sheet)
