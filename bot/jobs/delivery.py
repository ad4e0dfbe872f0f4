"""Delivery of a job's progress and end: every edit of a job's message goes through this module, in order."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

import discord

from bot.core.i18n import _
from bot.core.message_ref import MessageRef
from bot.creations.store import CreationStore
from bot.creations.uploads import uploads
from bot.database.file_store import FileStore
from bot.database.states import UNFINISHED, JobStatus
from bot.jobs.models import Job
from bot.jobs.safety_policy import SafetyPolicy
from bot.jobs.store import JobStore
from bot.jobs.views import cancelled_card, failed_card, held_card, removed_card, result_card
from bot.platform.discord_errors import UNREACHABLE
from bot.platform.languages import language_of_server
from bot.platform.patience import Patience
from bot.platform.upload_limits import upload_limit
from bot.ui.cards import Card
from bot.ui.text import left_card

log = logging.getLogger(__name__)

EDIT_SECONDS = 2.5
# Discord's interaction tokens are valid for 15 minutes; one minute is reserved for a slow upload.
TOKEN_LIFETIME = timedelta(minutes=14)
RETRY_SECONDS = (1, 5, 20)
# Discord's error codes "Unknown webhook" and "Invalid webhook token", which mean that the token has expired.
TOKEN_EXPIRED = (10015, 50027)


class Delivery:
    """Editor of the messages of jobs; a lock per job keeps its edits in order.

    If the end of a job could not be shown, the job stays undelivered, and `patience` schedules the next try.
    """

    def __init__(
        self, client: discord.Client, store: JobStore, creations: CreationStore, files: FileStore, safety: SafetyPolicy
    ) -> None:
        self.patience = Patience(client)
        self._client = client
        self._store = store
        self._creations = creations
        self._files = files
        self._safety = safety
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._edited_at: dict[int, float] = {}
        self._tokens: dict[int, tuple[str, datetime]] = {}

    def pause(self, job: Job) -> float:
        """Return the seconds until progress of the job may be shown again, from 0 to 2.5."""
        since = asyncio.get_running_loop().time() - self._edited_at.get(job.id, -EDIT_SECONDS)
        return max(0.0, EDIT_SECONDS - since)

    async def update(self, job: Job, card: Card, still_true: Callable[[], bool]) -> None:
        """Edit a job's message to a card of its progress, unless `still_true` returns False once the lock is held.

        Errors of Discord are logged and the edit is dropped: the next one shows newer progress.
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
        """Show how a job ended, and record the job as delivered.

        If Discord is unreachable, try again after each pause of RETRY_SECONDS, then leave the job to `catch_up`. A job
        counts as delivered too if its message is gone, or if Discord refuses the edit and neither a picture of the job
        nor its member was removed; both are logged.
        """
        async with self._lock(job_id):
            for pause in (*RETRY_SECONDS, None):
                job = await self._store.job(job_id)
                if job is None or job.status in UNFINISHED or job.delivered:
                    return
                try:
                    await self._show(job)
                    break
                except UNREACHABLE as error:
                    log.warning("the end of job %s could not be shown", job_id, exc_info=True)
                    if _is_refused(error) and not await self._store.has_lost(job_id):
                        await self._store.mark_delivered(job_id, (job.user_id, await self._store.pictures_left(job_id)))
                        break
                    if pause is None or _is_refused(error):
                        self.patience.failed(_key(job_id))
                        return
                    await asyncio.sleep(pause)
            self._edited_at.pop(job_id, None)

    async def redraw(self, job_id: int) -> bool:
        """Show the end of a job again, after its pictures or their states have changed.

        Return False if it could not be shown; then the job is marked as undelivered.
        """
        async with self._lock(job_id):
            job = await self._store.job(job_id)
            return job is None or await self._redraw(job)

    async def catch_up(self) -> None:
        """Show the ends of the undelivered jobs whose next try is due."""
        for job in await self._store.undelivered_jobs():
            if self.patience.is_due(_key(job.id)):
                async with self._lock(job.id):
                    current = await self._store.job(job.id)
                    if current and not current.delivered:
                        await self._redraw(current)

    async def _redraw(self, job: Job) -> bool:
        if job.status in UNFINISHED:
            return True
        is_shown = await self.patience.settle(_key(job.id), 0, self._show(job))
        if not is_shown:
            await self._store.mark_undelivered(job.id)
        return is_shown

    async def _show(self, job: Job) -> None:
        """Show how a job ended and record it as delivered, also if its message is gone.

        Raises one of UNREACHABLE if the message could not be edited.
        """
        pictures = await self._store.pictures_left(job.id)
        card = await self._final_card(job)
        try:
            await self._edit(job, card)
        except UNREACHABLE as error:
            # The gallery of direct messages has its member's id, and no server has that id.
            is_own = job.place.guild_id == job.user_id
            if not self.patience.is_gone(0 if is_own else job.place.guild_id, error):
                raise
            log.warning("the message of job %s is gone", job.id, exc_info=True)
        self.patience.done(_key(job.id))
        await self._store.mark_delivered(job.id, (job.user_id, pictures))

    def hand_on(self, tokens: Mapping[int, tuple[str, datetime]]) -> None:
        """Remember interaction tokens whose rows are about to be deleted, to edit their messages while they are valid.

        `tokens` maps message ids to a token and the time when it was issued. Unlike the bot itself, a token can also
        edit messages in channels that the bot can't see.
        """
        moment = datetime.now(UTC)
        self._tokens = {each: issued for each, issued in self._tokens.items() if moment - issued[1] < TOKEN_LIFETIME}
        self._tokens |= tokens

    def speaking(self, job: Job) -> AbstractContextManager[None]:
        """Return a context manager that sets the language to that of the server in which the job is shown."""
        return language_of_server(self._client, job.place.guild_id)

    def _lock(self, job_id: int) -> asyncio.Lock:
        return self._locks.setdefault(job_id, asyncio.Lock())

    async def _final_card(self, job: Job) -> Card:
        with self.speaking(job):
            if not job.user_id:
                return left_card(_("Removed at the wish of whoever made it."))
            if job.status is JobStatus.SUCCEEDED:
                return await self._result(job)
            return failed_card(job) if job.status is JobStatus.FAILED else cancelled_card(job)

    async def _result(self, job: Job) -> Card:
        creations, held = await self._creations.creations_of(job.id), await self._creations.held_of(job.id)
        against = await self._creations.decided_against(job.id)
        if not creations:
            return held_card(job, held, against) if held else removed_card(job, against)
        limit = upload_limit(self._client, job.place.guild_id)
        files = await uploads(self._files, creations, job.parameters.prompt, limit)
        rule = await self._safety.rule(job)
        # A picture marked as a spoiler for other channels may be within the thresholds of an age-restricted one.
        files = tuple(
            replace(file, is_spoiler=file.is_spoiler and not rule.allows(creation.safety))
            for file, creation in zip(files, creations, strict=True)
        )
        note = ""
        if any(file.filename.endswith(".jpg") for file in files):
            note = _("Shown as JPEG, because the PNG is too large for Discord; the gallery keeps it.")
        return result_card(job, creations, files, note, held, against)

    async def _edit(self, job: Job, card: Card) -> None:
        await self.edit(job.place, job.created_at, card)

    async def edit(self, place: MessageRef, since: datetime, card: Card) -> None:
        """Edit a message by its interaction token while that is valid, counted from `since`, and as the bot afterwards.

        Raises one of UNREACHABLE.
        """
        await self._client.wait_until_ready()
        token, since = self._tokens.get(place.message_id, (place.interaction_token, since))
        if token and datetime.now(UTC) - since < TOKEN_LIFETIME and self._client.application_id:
            webhook = discord.Webhook.partial(self._client.application_id, token, client=self._client)
            try:
                await webhook.edit_message(place.message_id, **card.as_edit())
                return
            except discord.HTTPException as error:
                if error.code not in TOKEN_EXPIRED:
                    raise
        channel = self._client.get_partial_messageable(place.channel_id, guild_id=place.guild_id or None)
        await channel.get_partial_message(place.message_id).edit(**card.as_edit())


def _key(job_id: int) -> str:
    return f"the message of job {job_id}"


def _is_refused(error: BaseException) -> bool:
    """Return whether Discord refused the edit, so that an immediate retry would fail too."""
    return isinstance(error, discord.HTTPException) and error.status < 500 and error.status != 429
