"""The values that the stores of blocks and cases take and return."""

from dataclasses import dataclass
from datetime import datetime

from bot.database.states import CaseKind, Verdict


@dataclass(frozen=True, slots=True)
class Block:
    """A member's block from using Atelier in a server; it has no end if `until` is None."""

    guild_id: int
    user_id: int
    until: datetime | None
    reason: str
    by: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """A report, hold, appeal or moderator's command; it is open while `verdict` is None.

    `about_user_id` is the member it is about, 0 after their data was deleted; `creation_id` is the picture, if any.
    `by_user_id` is the member who opened it, 0 for the classifier, and `reason` their text; for a copy of a kept-out
    picture `reason` is that picture's number. `why` is the moderator's text. `message_id` is the message of the card,
    None if it is not posted yet. `is_told` is False if the picture's maker could not be sent the decision.
    """

    id: int
    guild_id: int
    kind: CaseKind
    creation_id: int | None
    about_user_id: int
    by_user_id: int
    reason: str
    verdict: Verdict | None
    decided_by: int
    decided_at: datetime | None
    why: str
    channel_id: int
    message_id: int | None
    is_told: bool
    created_at: datetime
