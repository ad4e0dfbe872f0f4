"""Frozen values of jobs, drafts that are to be stored, and the state of the queue."""

from dataclasses import dataclass
from datetime import datetime

from bot.creations.models import PaintRequest
from bot.database.states import JobStatus

Margins = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob(PaintRequest):
    """A requested job that has not been accepted yet; see `PaintRequest` for its other fields.

    If `style` is empty, the parent's style is used. `margins` are (left, top, right, bottom) in pixels, as in
    `engine.api.messages.GenerationRequest`.
    """

    margins: Margins = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(PaintRequest):
    """An accepted job. The fields that `NewJob` has too mean the same here.

    `place` is the message that shows the job. `attempts` counts the times the engine died while running it. `reason` is
    the sentence for the member if it failed. `delivered` is whether its end was shown. `lease` counts how often the job
    was started, so that it tells the workers that started it apart. `origin_id` is the id of its origin, or 0.
    """

    id: int
    status: JobStatus
    attempts: int
    reason: str
    created_at: datetime
    delivered: bool
    margins: Margins = (0, 0, 0, 0)
    lease: int = 0
    origin_id: int = 0


@dataclass(frozen=True, slots=True)
class JobAllowance:
    """A member's number of unfinished jobs, the limit `most` for it, and how many of them run at once."""

    unfinished: int
    most: int
    at_once: int


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """The numbers of running and waiting jobs, and a member's own jobs with their positions.

    Positions count from 1; a running job has 0. Up to `at_once` jobs run at the same time. A job takes about
    `run_seconds`, or 0 if that isn't known yet.
    """

    running: int
    waiting: int
    own: tuple[tuple[Job, int], ...]
    at_once: int
    run_seconds: float

    def seconds_until(self, position: int) -> float:
        """Return the estimated wait in seconds of the job at a position, counted from 1, before it runs."""
        return self.run_seconds * (1 + (position - 1) // self.at_once)
