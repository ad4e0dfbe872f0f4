"""The only sender of a job's progress and end: every edit of a job's message goes through here, in order."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

import aiohttp
import discord

from bot.gallery.creations import CreationStore
from bot.gallery.files import Files
from bot.gallery.store import Store
from bot.jobs.languages import language_of_server
from bot.jobs.safety import SafetyDesk
from bot.jobs.uploads import uploads
from bot.records import UNFINISHED, Job, JobStatus
from bot.views.cards import cancelled_card, failed_card, held_card, left_card, removed_card, result_card
from bot.views.layout import Card
from bot.words import say

log = logging.getLogger(__name__)

EDIT_SECONDS = 2.5
# The interaction token lives 15 minutes; the last one is left for a slow upload.
TOKEN_LIFETIME = timedelta(minutes=14)
RETRY_SECONDS = (1, 5, 20)
# "Unknown webhook" and "Invalid webhook token": the interaction's token has expired.
TOKEN_EXPIRED = (10015, 50027)
UNREACHABLE = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)


class Delivery:
    """Edits the message of a job; edits of one job never overtake each other."""

    def __init__(
        self, client: discord.Client, store: Store, creations: CreationStore, files: Files, safety: SafetyDesk
    ) -> None:
        self._client = client
        self._store = store
        self._creations = creations
        self._files = files
        self._safety = safety
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._edited_at: dict[int, float] = {}

    def pause(self, job: Job) -> float:
        """Return the seconds until progress of the job may be shown again: 0, or up to 2.5."""
        since = asyncio.get_running_loop().time() - self._edited_at.get(job.id, -EDIT_SECONDS)
        return max(0.0, EDIT_SECONDS - since)

    async def update(self, job: Job, card: Card, still_true: Callable[[], bool]) -> None:
        """Show how far a job is, unless that has changed by the time its turn comes.

        Progress may be lost: what Discord does not take is logged, and the next edit shows more.
        """
        async with self._lock(job.id):
            if not still_true():
                return
            try:
                await self._edit(job, card)
            except UNREACHABLE:
                log.warning("progress of job %s could not be shown", job.id, exc_info=True)
            self._edited_at[job.id] = asyncio.get_running_loop().time()

    async def deliver(self, job_id: int) -> None:
        """Show how a job ended, and record that it was shown.

        Where Discord is out of reach this is tried a few times, then left for the next start. Where the
        message or the permission is gone for good, that is logged and recorded as delivered.
        """
        async with self._lock(job_id):
            job = await self._store.job(job_id)
            if job is None or job.status in UNFINISHED or job.delivered:
                return
            card = await self._final_card(job)
            for pause in (*RETRY_SECONDS, None):
                try:
                    await self._edit(job, card)
                    break
                except UNREACHABLE as error:
                    log.warning("the end of job %s could not be shown", job_id, exc_info=True)
                    if _is_final(error):
                        break
                    if pause is None:
                        return
                    await asyncio.sleep(pause)
            await self._store.mark_delivered(job_id)
            self._edited_at.pop(job_id, None)

    async def redraw(self, job_id: int) -> None:
        """Show the end of a job anew, after something of it has changed. Where it can't be shown, that is logged."""
        async with self._lock(job_id):
            job = await self._store.job(job_id)
            if job is None or job.status in UNFINISHED:
                return
            try:
                await self._edit(job, await self._final_card(job))
            except UNREACHABLE:
                log.warning("the card of job %s could not be redrawn", job_id, exc_info=True)
            await self._store.mark_delivered(job_id)

    def speaking(self, job: Job) -> AbstractContextManager[None]:
        """Speak the language of the server in which a job is shown, inside the block."""
        return language_of_server(self._client, job.place.guild_id)

    def _lock(self, job_id: int) -> asyncio.Lock:
        return self._locks.setdefault(job_id, asyncio.Lock())

    async def _final_card(self, job: Job) -> Card:
        with self.speaking(job):
            if not job.user_id:
                return left_card(say("Removed at the wish of whoever made it."))
            if job.status is JobStatus.SUCCEEDED:
                return await self._result(job)
            return failed_card(job) if job.status is JobStatus.FAILED else cancelled_card(job)

    async def _result(self, job: Job) -> Card:
        creations, held = await self._creations.creations_of(job.id), await self._creations.held_of(job.id)
        against = await self._creations.decided_against(job.id)
        if not creations:
            return held_card(job, held, against) if held else removed_card(job, against)
        guild = self._client.get_guild(job.place.guild_id)
        files = await uploads(self._files, creations, job.parameters.prompt, guild)
        rule = await self._safety.rule(job)
        # What is a spoiler elsewhere may be none in an age-restricted channel.
        files = tuple(
            replace(file, is_spoiler=file.is_spoiler and not rule.allows(creation.safety))
            for file, creation in zip(files, creations, strict=True)
        )
        note = ""
        if any(file.filename.endswith(".jpg") for file in files):
            note = say("Shown as JPEG, because the PNG is too large for Discord; the gallery keeps it.")
        return result_card(job, creations, files, note, held, against)

    async def _edit(self, job: Job, card: Card) -> None:
        """Edit the job's message: by its interaction while the token lives, afterwards as the bot."""
        await self._client.wait_until_ready()
        place = job.place
        if datetime.now(UTC) - job.created_at < TOKEN_LIFETIME and self._client.application_id:
            webhook = discord.Webhook.partial(self._client.application_id, place.interaction_token, client=self._client)
            try:
                await webhook.edit_message(place.message_id, **card.as_edit())
                return
            except discord.HTTPException as error:
                if error.code not in TOKEN_EXPIRED:
                    raise
        channel = self._client.get_partial_messageable(place.channel_id, guild_id=place.guild_id)
        await channel.get_partial_message(place.message_id).edit(**card.as_edit())


def _is_final(error: BaseException) -> bool:
    """Whether trying again is of no use: the message, the channel or the permission is gone."""
    return isinstance(error, discord.HTTPException) and error.status < 500 and error.status != 429
