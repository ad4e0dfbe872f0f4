"""The only sender of a job's progress and end: every edit of a job's message goes through here, in order."""

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
from bot.ui.cards import Card
from bot.ui.text import left_card

log = logging.getLogger(__name__)

EDIT_SECONDS = 2.5
# The interaction token lives 15 minutes; the last one is left for a slow upload.
TOKEN_LIFETIME = timedelta(minutes=14)
RETRY_SECONDS = (1, 5, 20)
# "Unknown webhook" and "Invalid webhook token": the interaction's token has expired.
TOKEN_EXPIRED = (10015, 50027)


class Delivery:
    """Edits the message of a job; edits of one job never overtake each other.

    What could not be shown stays undelivered, and `patience` knows when it is tried again.
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

        Where Discord is out of reach, this is tried a few times at once and then by `catch_up`. Where the message is
        gone for good, that is logged and recorded as delivered; so it is where Discord refuses the edit, as long as
        nothing is left there that was removed.
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
        """Show the end of a job anew, after something of it has changed.

        Return False where it could not be shown; then it counts as undelivered.
        """
        async with self._lock(job_id):
            job = await self._store.job(job_id)
            return job is None or await self._redraw(job)

    async def catch_up(self) -> None:
        """Show the ends of jobs that have yet to be shown, and are due."""
        for job in await self._store.undelivered_jobs():
            if self.patience.is_due(_key(job.id)):
                async with self._lock(job.id):
                    now = await self._store.job(job.id)
                    if now and not now.delivered:
                        await self._redraw(now)

    async def _redraw(self, job: Job) -> bool:
        if job.status in UNFINISHED:
            return True
        is_shown = await self.patience.settle(_key(job.id), 0, self._show(job))
        if not is_shown:
            await self._store.mark_undelivered(job.id)
        return is_shown

    async def _show(self, job: Job) -> None:
        """Show how a job ended, or find its message gone, and record that. Raises what UNREACHABLE names."""
        pictures = await self._store.pictures_left(job.id)
        card = await self._final_card(job)
        try:
            await self._edit(job, card)
        except UNREACHABLE as error:
            # A gallery of direct messages is numbered as its member is, and there is no server of that number.
            is_own = job.place.guild_id == job.user_id
            if not self.patience.is_gone(0 if is_own else job.place.guild_id, error):
                raise
            log.warning("the message of job %s is gone", job.id, exc_info=True)
        self.patience.done(_key(job.id))
        await self._store.mark_delivered(job.id, (job.user_id, pictures))

    def hand_on(self, tokens: Mapping[int, tuple[str, datetime]]) -> None:
        """Edit messages by these tokens for as long as they live, though no row has them any more.

        A token works also in channels that the bot can't see; it comes with the moment when it was made.
        """
        moment = datetime.now(UTC)
        self._tokens = {each: made for each, made in self._tokens.items() if moment - made[1] < TOKEN_LIFETIME}
        self._tokens |= tokens

    def speaking(self, job: Job) -> AbstractContextManager[None]:
        """Speak the language of the server in which a job is shown, inside the block."""
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
            note = _("Shown as JPEG, because the PNG is too large for Discord; the gallery keeps it.")
        return result_card(job, creations, files, note, held, against)

    async def _edit(self, job: Job, card: Card) -> None:
        await self.edit(job.place, job.created_at, card)

    async def edit(self, place: MessageRef, since: datetime, card: Card) -> None:
        """Edit a message: by its interaction while the token lives, afterwards as the bot. Raises UNREACHABLE."""
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
    """Whether trying again at once is of no use."""
    return isinstance(error, discord.HTTPException) and error.status < 500 and error.status != 429
