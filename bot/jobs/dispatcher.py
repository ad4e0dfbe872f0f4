"""The dispatcher: moves jobs from the queue through the engine into the gallery, and writes their states."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from structlog.contextvars import bound_contextvars

from bot.core.i18n import N_
from bot.core.loops import run_forever, run_until_done, stop_if_cancelled
from bot.core.metrics import Metrics
from bot.core.safety_levels import Handling
from bot.creations.models import NewCreation
from bot.database.file_store import FileStore
from bot.database.states import JobStatus
from bot.jobs.content_credentials import Sign
from bot.jobs.delivery import Delivery
from bot.jobs.leases import Leases
from bot.jobs.models import Job
from bot.jobs.progress import ProgressReporter, QueueBoard
from bot.jobs.queue import JobQueue
from bot.jobs.safety_policy import SafetyPolicy
from bot.jobs.slots import SlotLimiter
from bot.jobs.store import JobStore
from bot.kept_out.service import KeptOutService
from engine.api.client import Engine, EngineDiedError, UnansweredError
from engine.api.messages import Cancelled, Failed, Finished, GenerationRequest, Image, Progress, Terminal

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
# More than the engine puts into one batch, so that its batcher always has candidates to choose from.
AT_ONCE = 16
RETRY_SECONDS = 2.0
Result = TypeVar("Result")
BROKE_DOWN = N_(
    "The painter broke down three times over this one, so I gave it up; try another picture or other settings."
)
LOST = N_("Something went wrong on my side with this one; try again, and tell the server's owner if it stays so.")
GONE = N_("A picture that this was to be made from has been removed; go on from another one.")
UNFIT = N_("What came out isn't fit for this channel, so it isn't shown; try other words.")
UNFIT_GIVEN = N_("The picture that you gave isn't fit for this channel, so I don't paint on it; take another one.")


class Dispatcher:
    """The worker that takes jobs from the queue, runs them on the engine, stores the pictures and delivers the result.

    `on_kept` is called after the pictures of a job were stored.
    """

    def __init__(
        self,
        queue: JobQueue,
        engine: Engine,
        store: JobStore,
        files: FileStore,
        delivery: Delivery,
        board: QueueBoard,
        metrics: Metrics,
        safety: SafetyPolicy,
        kept_out: KeptOutService,
        sign: Sign,
    ) -> None:
        self._queue = queue
        self._engine = engine
        self._store = store
        self._files = files
        self._delivery = delivery
        self._board = board
        self._metrics = metrics
        self._safety = safety
        self._kept_out = kept_out
        self._sign = sign
        self.on_kept: Callable[[], None] = lambda: None
        self._cancelled: set[int] = set()
        self._slots = SlotLimiter(AT_ONCE)
        self._leases = Leases(store, self._enqueue)

    async def recover(self) -> None:
        """Put every unfinished job back into the queue; call this before new jobs can be accepted."""
        waiting = await self._store.jobs(JobStatus.QUEUED)
        await self._leases.take_back(own=True)
        for job in waiting:
            self._enqueue(job)

    async def run(self) -> None:
        """Run jobs until cancelled; on cancellation, put the running jobs back to QUEUED first."""
        async with asyncio.TaskGroup() as tasks:
            delivering = partial(self._deliver_undelivered, tasks)
            tasks.create_task(run_until_done(delivering, "the undelivered jobs could not be read"))
            tasks.create_task(self._leases.run())
            starting = partial(self._start_next, tasks)
            tasks.create_task(run_forever(starting, "the next job could not be started", every=0))

    async def _deliver_undelivered(self, tasks: asyncio.TaskGroup) -> None:
        for job in await self._store.undelivered_jobs():
            tasks.create_task(self._deliver(job.id))

    async def _start_next(self, tasks: asyncio.TaskGroup) -> None:
        await self._engine.wait_ready()
        await self._slots.one_is_free()
        job = await self._queue.get()
        # A job that was on the engine when it died may have killed it. Alone, it can't take others with it again.
        await self._slots.take(alone=job.attempts > 0)
        tasks.create_task(self._run_in_slot(job))
        self._board.refresh()

    async def cancel(self, job_id: int) -> None:
        """Ask the engine to stop a running job at its next step; its outcome is then written as CANCELLED."""
        self._cancelled.add(job_id)
        await self._engine.cancel(job_id)

    async def _run_in_slot(self, job: Job) -> None:
        with bound_contextvars(job=job.id, guild=job.place.guild_id, user=job.user_id):
            ended = False
            try:
                async with self._leases.held(job) as started:
                    ended = started is not None and await self._run(started)
            except Exception as error:
                stop_if_cancelled(error)
                log.exception("job %s: its start or failure could not be written; it is tried again", job.id)
                await asyncio.sleep(RETRY_SECONDS)
                # A job that is RUNNING already is not started again; it is requeued when its lease has expired.
                self._enqueue(job)
            finally:
                self._queue.ended(job)
                await self._slots.leave()
            if ended:
                await self._deliver(job.id)

    async def _run(self, job: Job) -> bool:
        """Run a started job and return whether it has ended; a job that raises an error ends as FAILED."""
        try:
            return await self._attempt(job)
        except Exception as error:
            stop_if_cancelled(error)
            # For example a full disk or a locked database. The error must not stop the other jobs.
            log.exception("job %s could not be run", job.id)
            return await self._write_outcome(job, Failed(job.id, LOST))

    async def _attempt(self, job: Job) -> bool:
        self._metrics.wait.observe((datetime.now(UTC) - job.created_at).total_seconds())
        try:
            outcome = await self._generate(job)
        except asyncio.CancelledError:
            await _despite_cancellation(self._requeue_or_cancel(job))
            raise
        except EngineDiedError:
            return await self._requeue_after_engine_death(job)
        return await _despite_cancellation(self._write_outcome(job, outcome))

    async def _generate(self, job: Job) -> Terminal:
        """Run a job on the engine and return its outcome.

        Fails if an input picture is gone or not allowed in the channel. A result gets at least the safety score of the
        job's input pictures. Raises EngineDiedError if the engine died before the job ended.
        """
        rule = await self._safety.rule(job)
        try:
            given = await self._safety.score_given(job)
            image, mask_image, style_image = [
                await self._files.get(key) if key else None for key in (job.image_key, job.mask_key, job.style_key)
            ]
        except UnansweredError as error:
            return Failed(job.id, str(error))
        except FileNotFoundError:
            log.warning("job %s: the file of an input picture is gone", job.id, exc_info=True)
            return Failed(job.id, GONE)
        if rule.handling_of(given) is Handling.BLOCK:
            return Failed(job.id, UNFIT_GIVEN)
        request = GenerationRequest(
            id=job.id,
            parameters=job.parameters,
            image=image,
            mask_image=mask_image,
            margins=job.margins,
            style_image=style_image,
            member=job.user_id,
        )
        async with (
            ProgressReporter(self._delivery, job) as reporter,
            aclosing(self._engine.generate(request)) as events,
        ):
            async for event in events:
                if isinstance(event, Finished):
                    return replace(event, images=tuple(_with_minimum_score(image, given) for image in event.images))
                if not isinstance(event, Progress):
                    return event
                reporter.report(event if rule.allows(max(event.nsfw, given)) else replace(event, preview=None))
                if job.id in self._cancelled:
                    # `cancel` may have been called before the engine had the request.
                    await self._engine.cancel(job.id)
        raise EngineDiedError

    async def _write_outcome(self, job: Job, outcome: Terminal) -> bool:
        """Write how a job ended, and return False if its lease was lost, so that nothing was written.

        Picture files are on disk before the rows that name them are written.
        """
        self._cancelled.discard(job.id)
        match outcome:
            case Finished():
                rule = await self._safety.rule(job)
                handlings = [rule.handling_of(image.nsfw) for image in outcome.images]
                if Handling.BLOCK in handlings:
                    return await self._write_outcome(job, Failed(job.id, UNFIT))
                copies = await self._kept_out.found(job.place.guild_id, [image.png for image in outcome.images])
                handlings = [Handling.HOLD if copy else each for each, copy in zip(handlings, copies, strict=True)]
                creations = [
                    NewCreation(
                        await self._files.put(await self._sign(image.png, job)),
                        image.seed,
                        outcome.model,
                        image.width,
                        image.height,
                        image.nsfw,
                        handling,
                        copy,
                    )
                    for image, handling, copy in zip(outcome.images, handlings, copies, strict=True)
                ]
                status, written = JobStatus.SUCCEEDED, await self._store.finish_job(job, creations)
                self.on_kept()
                if Handling.HOLD in handlings:
                    self._safety.on_held()
                self._metrics.run.observe(outcome.run_seconds)
            case Failed():
                status, written = JobStatus.FAILED, await self._store.fail_job(job, outcome.reason)
            case Cancelled():
                status, written = JobStatus.CANCELLED, await self._store.cancel_job(job, JobStatus.RUNNING)
        if written:
            self._metrics.ended.labels(status).inc()
        else:
            log.warning("job %s: lease %s was lost; the worker that took the job writes its end", job.id, job.lease)
        return written

    async def _requeue_after_engine_death(self, job: Job) -> bool:
        """Requeue a job whose engine died, or end it if it was cancelled or this was its third attempt.

        Returns whether the job has ended.
        """
        self._metrics.engine_deaths.inc()
        attempts = job.attempts + 1
        if attempts >= MAX_ATTEMPTS:
            return await self._write_outcome(job, Failed(job.id, BROKE_DOWN))
        log.warning("job %s: the engine died; the job returns to the queue", job.id, extra={"attempts": attempts})
        if job.id in self._cancelled:
            return await self._write_outcome(job, Cancelled(job.id))
        if await self._store.requeue_job(job, attempts=attempts):
            self._enqueue(replace(job, attempts=attempts))
        return False

    async def _requeue_or_cancel(self, job: Job) -> None:
        """Put a job whose task is being cancelled back to QUEUED, or end it if a member cancelled the job."""
        if job.id in self._cancelled:
            await self._write_outcome(job, Cancelled(job.id))
        else:
            await self._store.requeue_job(job, attempts=job.attempts)

    def _enqueue(self, job: Job) -> None:
        self._queue.put_nowait(job)
        self._board.refresh()

    async def _deliver(self, job_id: int) -> None:
        try:
            await self._delivery.deliver(job_id)
        except Exception:
            # An error here would cancel the whole task group. The delivery is tried again at the next start.
            log.exception("job %s: its end could not be delivered", job_id)


def _with_minimum_score(image: Image, score: float) -> Image:
    return replace(image, nsfw=max(image.nsfw, score))


async def _despite_cancellation(write: Coroutine[Any, Any, Result]) -> Result:
    """Await a write until it is complete, even if the task is cancelled; then re-raise the CancelledError."""
    task = asyncio.ensure_future(write)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
