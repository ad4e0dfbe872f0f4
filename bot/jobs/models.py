"""Jobs, as frozen values."""

from dataclasses import dataclass
from datetime import datetime

from bot.creations.models import PaintRequest
from bot.database.states import JobStatus

Margins = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob(PaintRequest):
    """A job that is not accepted yet.

    `margins` are those of `engine.messages.GenerationRequest`; `reroll_of` is the id of the job that it repeats.
    """

    margins: Margins = (0, 0, 0, 0)
    reroll_of: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(PaintRequest):
    """An accepted job. `lease` counts its starts, so that a worker that lost its lease cannot finish the job."""

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
    """How many jobs of a member wait or run, how many may, and how many of them run at once."""

    unfinished: int
    most: int
    at_once: int


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """How many jobs run and wait, and a member's own with their places in line, 0 for one that runs.

    `at_once` jobs run together; one takes about `run_seconds`, 0 where that isn't known yet.
    """

    running: int
    waiting: int
    own: tuple[tuple[Job, int], ...]
    at_once: int
    run_seconds: float

    def seconds_until(self, place: int) -> float:
        """Return about how long the job at a place has to wait before it is painted."""
        return self.run_seconds * (1 + (place - 1) // self.at_once)
