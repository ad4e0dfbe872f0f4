"""Moderation as values: who is blocked, and what moderators decided."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Block:
    """That a member may not use Atelier in a server, for good where `until` is None."""

    guild_id: int
    user_id: int
    until: datetime | None
    reason: str
    by: int
    created_at: datetime
