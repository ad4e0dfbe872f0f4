"""Values of the leaderboard: boards, seasons and ranks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Board(StrEnum):
    """Ranking by likes and places in challenges, by remixes of others, or by helpful critiques."""

    MAKERS = "makers"
    REMIXED = "remixed"
    CRITICS = "critics"


@dataclass(frozen=True, slots=True)
class Season:
    """Quarter of a year, from `begins`, inclusive, to `ends`, exclusive."""

    begins: datetime
    ends: datetime

    @classmethod
    def of(cls, moment: datetime) -> "Season":
        """Return the season that contains a moment, in the moment's time zone."""
        begins = moment.replace(month=(moment.month - 1) // 3 * 3 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
        month = begins.month + 3
        return cls(begins, begins.replace(year=begins.year + month // 13, month=month % 12))

    @property
    def before(self) -> "Season":
        """The season that ends where this one begins."""
        return Season.of(self.begins - timedelta(days=1))

    @property
    def after(self) -> "Season":
        """The season that begins where this one ends."""
        return Season.of(self.ends)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Place of a member, which counts from 1, and their points."""

    place: int
    user_id: int
    points: int


def ranked(points: Mapping[int, int]) -> list[Ranked]:
    """Return the ranks for points by user id, best first.

    Equal points share a place; members without points are left out.
    """
    listed: list[Ranked] = []
    for number, (user_id, count) in enumerate(sorted(points.items(), key=lambda each: (-each[1], each[0])), 1):
        is_tied = listed and listed[-1].points == count
        if count:
            listed.append(Ranked(listed[-1].place if is_tied else number, user_id, count))
    return listed
