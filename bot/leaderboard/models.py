"""A server's leaderboard as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Board(StrEnum):
    """What members are ranked by: likes and places in challenges, remixes by others, critiques that helped."""

    MAKERS = "makers"
    REMIXED = "remixed"
    CRITICS = "critics"


@dataclass(frozen=True, slots=True)
class Season:
    """A quarter of a year, from `begins` until before `ends`."""

    begins: datetime
    ends: datetime

    @classmethod
    def of(cls, moment: datetime) -> "Season":
        """Return the season of a moment."""
        begins = moment.replace(month=(moment.month - 1) // 3 * 3 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
        month = begins.month + 3
        return cls(begins, begins.replace(year=begins.year + month // 13, month=month % 12))

    @property
    def before(self) -> "Season":
        """The season before it."""
        return Season.of(self.begins - timedelta(days=1))

    @property
    def after(self) -> "Season":
        """The season after it."""
        return Season.of(self.ends)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A member's place, which counts from 1, and their points."""

    place: int
    user_id: int
    points: int


def ranked(points: Mapping[int, int]) -> list[Ranked]:
    """Return who came where by points, the best in front; equal points share a place, none are no place."""
    listed: list[Ranked] = []
    for number, (user_id, own) in enumerate(sorted(points.items(), key=lambda each: (-each[1], each[0])), 1):
        shares = listed and listed[-1].points == own
        if own:
            listed.append(Ranked(listed[-1].place if shares else number, user_id, own))
    return listed
