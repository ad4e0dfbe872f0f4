"""Values of daily quotas and their use."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Today:
    """The pictures that a member and their server have left today; a quota of 0 means no limit."""

    ends_at: datetime
    quota: int = 0
    left: int = 0
    server_quota: int = 0
    server_left: int = 0


@dataclass(frozen=True, slots=True)
class ServerUse:
    """The number of pictures of a server today, and the members with most of them as pairs of id and number."""

    pictures: int
    most: tuple[tuple[int, int], ...]
