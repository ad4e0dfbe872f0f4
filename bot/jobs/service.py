"""Submitting and cancelling jobs, and the rules that a job has to meet."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from weakref import WeakValueDictionary

from bot.consent.service import Consent
from bot.core.errors import NotAllowedError, UserError
from bot.core.i18n import _
from bot.core.message_ref import MessageRef
from bot.core.text import cleaned
from bot.creations.origin_store import OriginStore
from bot.creations.source_store import SourceStore
from bot.database.states import UNFINISHED, JobStatus
from bot.jobs.delivery import Delivery
from bot.jobs.dispatcher import AT_ONCE, Dispatcher
from bot.jobs.models import Job, JobAllowance, NewJob, QueueStatus
from bot.jobs.progress import QueueBoard
from bot.jobs.queue import JobQueue
from bot.jobs.store import JobStore
from bot.kept_out.service import KeptOutService
from bot.limits.service import LimitService
from bot.prompt_rules.service import RuleService
from bot.settings.service import SettingsService
from engine.api.messages import GenerationParameters


class JobService:
    """The interface to jobs for commands and buttons: submit, cancel, and read the state of the queue.

    `jobs_a_member` is the limit of unfinished jobs per member, over all servers, and `running_a_member` how many of
    them run at once.
    """

    def __init__(
        self,
        store: JobStore,
        queue: JobQueue,
        dispatcher: Dispatcher,
        delivery: Delivery,
        board: QueueBoard,
        settings: SettingsService,
        rules: RuleService,
        limits: LimitService,
        sources: SourceStore,
        origins: OriginStore,
        consent: Consent,
        kept_out: KeptOutService,
        jobs_a_member: int,
        running_a_member: int,
    ) -> None:
        self.limits = limits
        self.kept_out = kept_out
        self.jobs_a_member = jobs_a_member
        self._running_a_member = running_a_member
        self._settings = settings
        self._rules = rules
        self._sources = sources
        self._origins = origins
        self._consent = consent
        self._store = store
        self._queue = queue
        self._dispatcher = dispatcher
        self._delivery = delivery
        self._board = board
        self._locks: WeakValueDictionary[tuple[str, int], asyncio.Lock] = WeakValueDictionary()

    async def submit(self, new: NewJob, draft_id: int | None = None) -> Job:
        """Accept a job whose pictures are in the file store; on return, its row is on disk and it is in the queue.

        `draft_id` is the draft that becomes the job; it is deleted in the same transaction.

        Raises DraftGoneError if the draft is gone already. Raises UserError if a prompt rule of the server forbids the
        prompt, its moderators keep a picture out, a limit of the member or the server is reached (locks keep two
        concurrent submissions from passing it together), or `check_sources` refuses a source picture.
        """
        await self.check_sources(new)
        new = replace(new, parameters=await self.admitted(new.place.guild_id, new.parameters))
        await self.kept_out.check_files(new.place.guild_id, new.image_key, new.style_key)
        async with self._lock("member", new.user_id), self._lock("server", new.place.guild_id):
            await self.check(new.user_id, new.place, new.parameters.num_images)
            job = await self._store.add_job(new, draft_id)
        self._queue.put_nowait(job)
        self._board.refresh()
        return job

    async def check_sources(self, new: NewJob) -> None:
        """Check that a job may be made from its source pictures.

        Raises NotAllowedError if the readers of the job's message may not see one of them, and as `Consent.check`.
        """
        sources = await self._sources.sources(new)
        if not await self._origins.may_see(new.place.readers or new.place.same_channel, sources):
            raise NotAllowedError(
                _("Not everybody in this channel may see that picture; go on from it in the channel it is from.")
            )
        await self._consent.check(new.user_id, sources)

    async def admitted(self, guild_id: int, parameters: GenerationParameters) -> GenerationParameters:
        """Return a request with both prompts cleaned. Raises UserError if a prompt rule of the server forbids them."""
        prompt, negative_prompt = cleaned(parameters.prompt), cleaned(parameters.negative_prompt)
        await self._rules.check(guild_id, prompt, negative_prompt)
        return replace(parameters, prompt=prompt, negative_prompt=negative_prompt)

    async def room(self, user_id: int, guild_id: int) -> JobAllowance:
        """Return the member's number of unfinished jobs and the limit; a server may set a lower limit than the bot."""
        unfinished = len(await self._store.unfinished_jobs(user_id))
        server_limit = (await self._settings.of_guild(guild_id)).jobs_a_member or self.jobs_a_member
        return JobAllowance(unfinished, min(server_limit, self.jobs_a_member), self._running_a_member)

    async def check(self, user_id: int, place: MessageRef, pictures: int) -> None:
        """Raise UserError if the member has reached their limit of unfinished jobs, or `LimitService.check` refuses."""
        allowance = await self.room(user_id, place.guild_id)
        if allowance.unfinished >= allowance.most:
            raise UserError(
                _(
                    "You have {count} jobs in line already; wait for one, or cancel some with /queue.",
                    count=allowance.unfinished,
                )
            )
        await self.limits.check(user_id, place, pictures)

    async def line(self, user_id: int) -> QueueStatus:
        """Return the state of the queue, with a member's own unfinished jobs and their positions."""
        running = await self._store.jobs(JobStatus.RUNNING)
        waiting = self._queue.waiting()
        own = [(job, 0) for job in running if job.user_id == user_id]
        own += [(job, position) for position, job in enumerate(waiting, 1) if job.user_id == user_id]
        return QueueStatus(len(running), len(waiting), tuple(own), AT_ONCE, await self._store.run_seconds())

    async def cancel_all(self, user_id: int, guild_id: int | None = None) -> None:
        """Cancel all unfinished jobs of a member, the newest first; with `guild_id`, only those of that server."""
        for job in reversed(await self._store.unfinished_jobs(user_id)):
            if guild_id in (None, job.place.guild_id):
                # The job may have ended since it was read.
                with suppress(UserError):
                    await self.cancel(job.id, user_id, moderator=False)

    async def cancel(self, job_id: int, user_id: int, *, moderator: bool) -> None:
        """Cancel a job for its owner or a moderator.

        Raises UserError if the job has ended, and NotAllowedError if it is another member's.
        """
        job = await self._store.job(job_id)
        if job is None or job.status not in UNFINISHED:
            raise UserError(_("This job has already ended."))
        if job.user_id != user_id and not moderator:
            raise NotAllowedError(_("Only the member who asked for this, or a moderator, can cancel it."))
        if await self._store.cancel_job(job, JobStatus.QUEUED):
            self._queue.remove(job_id)
            self._board.refresh()
            await self._delivery.deliver(job_id)
        else:
            await self._dispatcher.cancel(job_id)

    def _lock(self, kind: str, owner_id: int) -> asyncio.Lock:
        return self._locks.setdefault((kind, owner_id), asyncio.Lock())
