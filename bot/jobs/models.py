"""Jobs, as frozen values."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.message_ref import MessageRef
from bot.database.states import JobStatus
from engine.messages import GenerationParameters

Margins = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class NewJob:
    """Work asked for, not yet accepted.

    The keys name its pictures in the file store, and are empty where it has none; that of `style_key` lends its style.
    `style` is the name of the style that was asked for; without one it has that of its parent.
    `note` is what to know of it, as `bot.core.i18n.say_notes` reads it.
    `margins` are those of `engine.messages.GenerationRequest`; `parent_id` is the creation that it goes on from.
    `reroll_of` is the job that it does again. `source_ids` are other creations that it is made from; see
    `bot.creations.source_store`.
    """

    user_id: int
    place: MessageRef
    parameters: GenerationParameters
    image_key: str = ""
    mask_key: str = ""
    note: str = ""
    margins: Margins = (0, 0, 0, 0)
    parent_id: int | None = None
    style_key: str = ""
    style: str = ""
    reroll_of: int | None = None
    source_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """Work that was accepted; `lease` is how often it was started, and tells those who started it apart."""

    id: int
    user_id: int
    place: MessageRef
    parameters: GenerationParameters
    image_key: str
    mask_key: str
    note: str
    status: JobStatus
    attempts: int
    reason: str
    created_at: datetime
    delivered: bool
    margins: Margins = (0, 0, 0, 0)
    parent_id: int | None = None
    style_key: str = ""
    style: str = ""
    lease: int = 0
    origin_id: int = 0


@dataclass(frozen=True, slots=True)
class NewDraft:
    """A picture with a region and a prompt that a member has begun, shown in `place`; not yet kept."""

    user_id: int
    place: MessageRef
    parameters: GenerationParameters
    image_key: str
    mask_key: str
    note: str = ""
    parent_id: int | None = None
    style_key: str = ""
    style: str = ""
    source_ids: tuple[int, ...] = ()


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
