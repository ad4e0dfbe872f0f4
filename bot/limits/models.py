"""Quotas of a day, and how much of them is used."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Today:
    """What a member, and their server, has left of a day's pictures; a quota of 0 is none."""

    ends_at: datetime
    quota: int = 0
    left: int = 0
    server_quota: int = 0
    server_left: int = 0


@dataclass(frozen=True, slots=True)
class ServerUse:
    """How many pictures a server had today, and which members had most of them."""

    pictures: int
    most: tuple[tuple[int, int], ...]
