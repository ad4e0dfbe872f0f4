"""From the queue to the engine to the gallery: every job's way through its states."""

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
from engine.client import Engine, EngineDiedError, UnansweredError
from engine.messages import Cancelled, Failed, Finished, GenerationRequest, Image, Progress, Terminal

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
# More than the engine puts into a batch, so that it always has some to choose from.
AT_ONCE = 16
RETRY_SECONDS = 2.0
Written = TypeVar("Written")
BROKE_DOWN = N_(
    "The painter broke down three times over this one, so I gave it up; try another picture or other settings."
)
LOST = N_("Something went wrong on my side with this one; try again, and tell the server's owner if it stays so.")
GONE = N_("A picture that this was to be made from has been removed; go on from another one.")
UNFIT = N_("What came out isn't fit for this channel, so it isn't shown; try other words.")
UNFIT_GIVEN = N_("The picture that you gave isn't fit for this channel, so I don't paint on it; take another one.")


class Dispatcher:
    """Takes jobs in turn, has them painted, keeps the pictures, and has the end shown."""

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
        self._places = SlotLimiter(AT_ONCE)
        self._leases = Leases(store, self._put_in_line)

    async def recover(self) -> None:
        """Put every unfinished job back in line; to be called before new jobs can be accepted."""
        waiting = await self._store.jobs(JobStatus.QUEUED)
        await self._leases.take_back(own=True)
        for job in waiting:
            self._put_in_line(job)

    async def run(self) -> None:
        """Work for ever; when cancelled, put the running jobs back to QUEUED first."""
        async with asyncio.TaskGroup() as tasks:
            delivering = partial(self._deliver_the_rest, tasks)
            tasks.create_task(run_until_done(delivering, "the jobs whose end was not shown could not be read"))
            tasks.create_task(self._leases.run())
            starting = partial(self._start_next, tasks)
            tasks.create_task(run_forever(starting, "the next job could not be started", every=0))

    async def _deliver_the_rest(self, tasks: asyncio.TaskGroup) -> None:
        for job in await self._store.undelivered_jobs():
            tasks.create_task(self._deliver(job.id))

    async def _start_next(self, tasks: asyncio.TaskGroup) -> None:
        await self._engine.wait_ready()
        await self._places.one_is_free()
        job = await self._queue.get()
        # Whichever job killed the engine, by itself it can't take others with it again.
        await self._places.take(alone=job.attempts > 0)
        tasks.create_task(self._run_in_place(job))
        self._board.refresh()

    async def cancel(self, job_id: int) -> None:
        """Stop a running job at its next step."""
        self._cancelled.add(job_id)
        await self._engine.cancel(job_id)

    async def _run_in_place(self, job: Job) -> None:
        with bound_contextvars(job=job.id, guild=job.place.guild_id, user=job.user_id):
            ended = False
            try:
                async with self._leases.held(job) as started:
                    ended = started is not None and await self._run(started)
            except Exception as error:
                stop_if_cancelled(error)
                log.exception("the job's start or failure could not be written; it is tried again")
                await asyncio.sleep(RETRY_SECONDS)
                # Where it is RUNNING already it won't start; then it is taken back when its lease has ended.
                self._put_in_line(job)
            finally:
                self._queue.ended(job)
                await self._places.leave()
            if ended:
                await self._deliver(job.id)

    async def _run(self, job: Job) -> bool:
        """Run a started job as far as it goes; return whether it has ended. Where it can't be done, it ends so."""
        try:
            return await self._attempt(job)
        except Exception as error:
            stop_if_cancelled(error)
            # A full disk or a locked database, say: the other jobs go on.
            log.exception("the job could not be run")
            return await self._settle(job, Failed(job.id, LOST))

    async def _attempt(self, job: Job) -> bool:
        self._metrics.wait.observe((datetime.now(UTC) - job.created_at).total_seconds())
        try:
            outcome = await self._generate(job)
        except asyncio.CancelledError:
            await _in_any_case(self._put_back(job))
            raise
        except EngineDiedError:
            return await self._after_death(job)
        return await _in_any_case(self._settle(job, outcome))

    async def _generate(self, job: Job) -> Terminal:
        """Paint a job, unless what it was given is refused; what is made of a picture is no better than that."""
        rule = await self._safety.rule(job)
        try:
            given = await self._safety.score_given(job)
            image, mask_image, style_image = [
                await self._files.get(key) if key else None for key in (job.image_key, job.mask_key, job.style_key)
            ]
        except UnansweredError as error:
            return Failed(job.id, str(error))
        except FileNotFoundError:
            log.warning("a picture of the job is gone", exc_info=True)
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
                    return replace(event, images=tuple(_at_least(image, given) for image in event.images))
                if not isinstance(event, Progress):
                    return event
                reporter.report(event if rule.allows(max(event.nsfw, given)) else replace(event, preview=None))
                if job.id in self._cancelled:
                    # The wish may have come before the engine had the request.
                    await self._engine.cancel(job.id)
        raise EngineDiedError

    async def _settle(self, job: Job, outcome: Terminal) -> bool:
        """Write how a job ended, and return whether it was still ours to end.

        A picture is on disk before the gallery knows it.
        """
        self._cancelled.discard(job.id)
        match outcome:
            case Finished():
                rule = await self._safety.rule(job)
                handlings = [rule.handling_of(image.nsfw) for image in outcome.images]
                if Handling.BLOCK in handlings:
                    return await self._settle(job, Failed(job.id, UNFIT))
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
            log.warning("the job's lease %s was lost meanwhile; its end is left to who took it", job.lease)
        return written

    async def _after_death(self, job: Job) -> bool:
        """Put a job back in line whose engine died; give it up the third time."""
        self._metrics.engine_deaths.inc()
        attempts = job.attempts + 1
        if attempts >= MAX_ATTEMPTS:
            return await self._settle(job, Failed(job.id, BROKE_DOWN))
        log.warning("the engine died; the job goes back in line", extra={"attempts": attempts})
        if job.id in self._cancelled:
            return await self._settle(job, Cancelled(job.id))
        if await self._store.requeue_job(job, attempts=attempts):
            self._put_in_line(replace(job, attempts=attempts))
        return False

    async def _put_back(self, job: Job) -> None:
        """Take a job whose work was given up back to QUEUED; end it instead where it was cancelled."""
        if job.id in self._cancelled:
            await self._settle(job, Cancelled(job.id))
        else:
            await self._store.requeue_job(job, attempts=job.attempts)

    def _put_in_line(self, job: Job) -> None:
        self._queue.put_nowait(job)
        self._board.refresh()

    async def _deliver(self, job_id: int) -> None:
        try:
            await self._delivery.deliver(job_id)
        except Exception:
            # One job's delivery must not end the others'; it is tried again at the next start.
            log.exception("the end of job %s could not be delivered", job_id)


def _at_least(image: Image, score: float) -> Image:
    return replace(image, nsfw=max(image.nsfw, score))


async def _in_any_case(write: Coroutine[Any, Any, Written]) -> Written:
    """Await a write to its end, also where the task is cancelled meanwhile."""
    task = asyncio.ensure_future(write)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
