"""Updates of the cards of waiting and running jobs, within Discord's rate limits."""

import asyncio
import logging
from contextlib import suppress
from heapq import nsmallest
from types import TracebackType
from typing import Self

from bot.core.loops import run_forever
from bot.jobs.delivery import Delivery
from bot.jobs.models import Job
from bot.jobs.queue import JobQueue
from bot.jobs.views import progress_card, waiting_card
from engine.api.client import Engine
from engine.api.messages import EngineState, Progress

log = logging.getLogger(__name__)

SWEEP_SECONDS = 0.5
# Cards of waiting jobs that are edited per sweep. Editing every card of a long queue after each job would take minutes.
AT_A_TIME = 20


class ProgressReporter:
    """Context manager that edits the card of one running job with the newest progress reported."""

    def __init__(self, delivery: Delivery, job: Job) -> None:
        self._delivery = delivery
        self._job = job
        self._progress: Progress | None = None
        self._preview: bytes | None = None
        self._news = asyncio.Event()
        self._closed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._news.set()
        self._task = asyncio.create_task(self._show())
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._news.set()
        await self._task

    def report(self, progress: Progress) -> None:
        """Store the job's newest progress, to be shown at the next edit; the last preview is kept if it has none."""
        self._progress = progress
        self._preview = progress.preview or self._preview
        self._news.set()

    async def _show(self) -> None:
        while not await self._closed_within(self._delivery.pause(self._job)):
            self._news.clear()
            try:
                with self._delivery.speaking(self._job):
                    card = progress_card(self._job, self._progress, self._preview)
                await self._delivery.update(self._job, card, still_true=lambda: not self._closed.is_set())
            except Exception:
                # Stop showing progress, so that this is logged once. The job goes on, and its end is still shown.
                log.exception("progress of job %s can't be shown", self._job.id)
                return
            await self._news.wait()

    async def _closed_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), seconds)
        # The event may have been set while `wait_for` timed out.
        return self._closed.is_set()


class QueueBoard:
    """Updater of the cards of waiting jobs: the position in the queue, and the engine's state while it isn't ready."""

    def __init__(self, queue: JobQueue, engine: Engine, delivery: Delivery) -> None:
        self._queue = queue
        self._engine = engine
        self._delivery = delivery
        self._changed = asyncio.Event()
        self._shown: dict[int, tuple[int, EngineState]] = {}

    def refresh(self) -> None:
        """Request a sweep, after the queue or the engine's state has changed."""
        self._changed.set()

    async def run(self) -> None:
        """Edit outdated cards after each `refresh`, until cancelled."""
        await run_forever(self._sweep, "the positions in the queue could not be shown", wake=self._changed)

    async def _sweep(self) -> None:
        await self._show()
        await asyncio.sleep(SWEEP_SECONDS)

    async def _show(self) -> None:
        """Edit up to AT_A_TIME outdated cards, those first whose shown position differs most from the real one."""
        waiting, state = self._queue.waiting(), self._engine.state
        self._shown = {job.id: self._shown[job.id] for job in waiting if job.id in self._shown}
        outdated = [
            (job, position) for position, job in enumerate(waiting, 1) if self._shown.get(job.id) != (position, state)
        ]
        editable = [each for each in outdated if self._delivery.pause(each[0]) == 0]
        chosen = nsmallest(AT_A_TIME, editable, key=lambda each: self._accuracy(*each))
        if len(chosen) < len(outdated):
            self._changed.set()
        edits = [self._edit(job, position, state) for job, position in chosen]
        for (job, _), outcome in zip(chosen, await asyncio.gather(*edits, return_exceptions=True), strict=True):
            if isinstance(outcome, Exception):
                log.error("job %s: its position in the queue could not be shown", job.id, exc_info=outcome)

    def _accuracy(self, job: Job, position: int) -> float:
        """Return the accuracy of a job's card, from 0 if it shows no position yet to 1 if the position is right."""
        shown, _ = self._shown.get(job.id, (0, None))
        return min(shown, position) / max(shown, position)

    async def _edit(self, job: Job, position: int, state: EngineState) -> None:
        self._shown[job.id] = (position, state)
        with self._delivery.speaking(job):
            card = waiting_card(job, position, state)
        await self._delivery.update(job, card, still_true=lambda: self._queue.waits(job.id))
