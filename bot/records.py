"""What the database keeps, as frozen values with ids; never live Discord objects."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.messages import GenerationParameters


class JobStatus(StrEnum):
    """Where a job stands: QUEUED → RUNNING → SUCCEEDED, FAILED or CANCELLED; back to QUEUED when work is lost."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


Margins = tuple[int, int, int, int]
UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job was asked for, and the message that shows it."""

    guild_id: int
    channel_id: int
    message_id: int
    interaction_token: str


@dataclass(frozen=True, slots=True)
class NewJob:
    """Work asked for, not yet accepted.

    The keys name its pictures in the file store, and are empty where it has none. `margins` are those of
    `engine.messages.GenerationRequest`; `parent_id` is the creation that it goes on from.
    """

    user_id: int
    place: Place
    parameters: GenerationParameters
    image_key: str = ""
    mask_key: str = ""
    note: str = ""
    margins: Margins = (0, 0, 0, 0)
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Work that was accepted."""

    id: int
    user_id: int
    place: Place
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


@dataclass(frozen=True, slots=True)
class NewDraft:
    """A picture with a region and a prompt that a member has begun, shown in `place`; not yet kept."""

    user_id: int
    place: Place
    parameters: GenerationParameters
    image_key: str
    mask_key: str
    note: str = ""
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a member is about to have painted. `feather` is in pixels of the picture; `nonce` is the painter link's."""

    id: int
    user_id: int
    place: Place
    parameters: GenerationParameters
    image_key: str
    mask_key: str
    feather: int
    note: str
    nonce: str
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a member likes it.

    `preview`: see the region before anything is painted. `style` is the name of the style that is used where none is
    named, or empty.
    """

    preview: bool = True
    style: str = ""


@dataclass(frozen=True, slots=True)
class Style:
    """Words with a name, which are added to a prompt and to what it shall not show; of a member, or of all."""

    name: str
    words: str
    negative_words: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class NewCreation:
    """A painted picture whose bytes are kept, not yet in the gallery."""

    file_key: str
    seed: int
    model: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Creation:
    """A picture kept in a guild's gallery."""

    id: int
    job_id: int
    guild_id: int
    user_id: int
    file_key: str
    seed: int
    model: str
    width: int
    height: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Family:
    """Where a creation comes from, which may have been removed since, and how many go on from it."""

    parent: Creation | None
    children: int


@dataclass(frozen=True, slots=True)
class Line:
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
