"""Keeping the cards of waiting and running jobs true, at a pace that Discord allows."""

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
from engine.client import Engine
from engine.messages import EngineState, Progress

log = logging.getLogger(__name__)

SWEEP_SECONDS = 0.5
# Cards of waiting jobs; with a long line it would take minutes to change all of them after every job.
AT_A_TIME = 20


class ProgressReporter:
    """Shows one running job inside a `with` block: always the newest progress."""

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
        """Take note of how far the job is."""
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
                # The job goes on, and its end is shown; its progress isn't, so that this is logged once.
                log.exception("progress of job %s can't be shown", self._job.id)
                return
            await self._news.wait()

    async def _closed_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), seconds)
        # It may have been closed while the waiting was given up.
        return self._closed.is_set()


class QueueBoard:
    """Shows every waiting job its place in line, and what the engine is doing while it isn't ready."""

    def __init__(self, queue: JobQueue, engine: Engine, delivery: Delivery) -> None:
        self._queue = queue
        self._engine = engine
        self._delivery = delivery
        self._changed = asyncio.Event()
        self._shown: dict[int, tuple[int, EngineState]] = {}

    def refresh(self) -> None:
        """Take note that the line or the engine has changed."""
        self._changed.set()

    async def run(self) -> None:
        """Show changes for ever."""
        await run_forever(self._sweep, "the places in line could not be shown", wake=self._changed)

    async def _sweep(self) -> None:
        await self._show()
        await asyncio.sleep(SWEEP_SECONDS)

    async def _show(self) -> None:
        """Bring those cards up to date that are furthest from the truth, as many as go at a time."""
        waiting, state = self._queue.waiting(), self._engine.state
        self._shown = {job.id: self._shown[job.id] for job in waiting if job.id in self._shown}
        old = [(job, place) for place, job in enumerate(waiting, 1) if self._shown.get(job.id) != (place, state)]
        free = [each for each in old if self._delivery.pause(each[0]) == 0]
        chosen = nsmallest(AT_A_TIME, free, key=lambda each: self._truth(*each))
        if len(chosen) < len(old):
            self._changed.set()
        told = [self._tell(job, place, state) for job, place in chosen]
        for (job, _), outcome in zip(chosen, await asyncio.gather(*told, return_exceptions=True), strict=True):
            if isinstance(outcome, Exception):
                log.error("the place of job %s could not be shown", job.id, exc_info=outcome)

    def _truth(self, job: Job, place: int) -> float:
        """Return how true a job's card is: 0 where it says nothing yet, 1 where its place is right."""
        shown, _ = self._shown.get(job.id, (0, None))
        return min(shown, place) / max(shown, place)

    async def _tell(self, job: Job, place: int, state: EngineState) -> None:
        self._shown[job.id] = (place, state)
        with self._delivery.speaking(job):
            card = waiting_card(job, place, state)
        await self._delivery.update(job, card, still_true=lambda: self._queue.waits(job.id))
