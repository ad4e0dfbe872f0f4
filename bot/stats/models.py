"""Values of the statistics by day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.creations.models import Kind

KINDS = (Kind.IMAGINED, Kind.REPAINTED, Kind.REMIXED)


@dataclass(frozen=True, slots=True)
class Day:
    """Number of pictures of each kind made on a day in UTC, and the number of their makers."""

    date: date
    pictures: Mapping[Kind, int]
    members: int

    @property
    def count(self) -> int:
        """Number of pictures of all kinds."""
        return sum(self.pictures.values())


@dataclass(frozen=True, slots=True)
class Activity:
    """Consecutive days, the last one today, and the number of different makers on all of them."""

    days: tuple[Day, ...]
    members: int

    @property
    def pictures(self) -> dict[Kind, int]:
        """Number of pictures of each kind on all days."""
        return {kind: sum(day.pictures.get(kind, 0) for day in self.days) for kind in KINDS}

    @property
    def busiest(self) -> Day:
        """The day with the most pictures, the first one if several are tied."""
        return max(self.days, key=lambda day: day.count)
