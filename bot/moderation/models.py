"""Moderation as values: who is blocked, and what moderators decided."""

from dataclasses import dataclass
from datetime import datetime

from bot.database.states import CaseKind, Verdict


@dataclass(frozen=True, slots=True)
class Block:
    """That a member may not use Atelier in a server, for good where `until` is None."""

    guild_id: int
    user_id: int
    until: datetime | None
    reason: str
    by: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """Something for moderators to decide, or decided by them; open as long as there is no verdict.

    It is about a member, 0 for nobody any longer, and mostly a picture. `by_user_id` is who brought it, 0 for the
    classifier, and `reason` what they said; of a copy of a picture that is kept out it is that picture's number. `why`
    is what the moderator said. `message_id` is its card's, None as long as it has none; `is_told` is false where the
    picture's maker takes no direct messages.
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
