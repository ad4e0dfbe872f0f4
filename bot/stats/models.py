"""What was made day by day, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.creations.models import Kind

KINDS = (Kind.IMAGINED, Kind.REPAINTED, Kind.REMIXED)


@dataclass(frozen=True, slots=True)
class Day:
    """How many pictures of each kind were made on a day in UTC, and by how many members."""

    date: date
    pictures: Mapping[Kind, int]
    members: int

    @property
    def count(self) -> int:
        """How many pictures were made, of all kinds."""
        return sum(self.pictures.values())


@dataclass(frozen=True, slots=True)
class Activity:
    """Consecutive days, the last one today, and how many members made something in all of them."""

    days: tuple[Day, ...]
    members: int

    @property
    def pictures(self) -> dict[Kind, int]:
        """How many pictures of each kind were made in all days."""
        return {kind: sum(day.pictures.get(kind, 0) for day in self.days) for kind in KINDS}

    @property
    def busiest(self) -> Day:
        """The first day of those on which most was made."""
        return max(self.days, key=lambda day: day.count)
