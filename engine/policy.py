"""Who takes part in the next step: short jobs first, members in fairness, and nobody waits for ever."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

# A row-step of waiting counts as so much less work: the one who waits longest comes first in the end.
PATIENCE = 0.5


class Work(Protocol):
    """What the policy has to know of a request."""

    @property
    def member(self) -> int:
        """Whose it is."""
        ...

    @property
    def work_left(self) -> int:
        """Its remaining steps times its rows."""
        ...

    @property
    def waited(self) -> int:
        """The row-steps that others were given in its place."""
        ...


AnyWork = TypeVar("AnyWork", bound=Work)


def in_turn(work: Iterable[AnyWork]) -> list[AnyWork]:
    """Return requests in the order in which they deserve the next step.

    First comes what is soonest done (shortest remaining time first), where a member's requests count one after
    another, so that many of one member don't come before one of another. Waiting lifts a request.
    """
    ahead: dict[int, int] = defaultdict(int)
    keys: list[tuple[float, int, AnyWork]] = []
    for number, one in enumerate(sorted(work, key=lambda one: one.work_left)):
        ahead[one.member] += one.work_left
        keys.append((ahead[one.member] - PATIENCE * one.waited, number, one))
    return [one for _, _, one in sorted(keys, key=lambda key: key[:2])]


class Rows(Protocol):
    """What has rows in a batch, and a bucket: only what is in one bucket can share a batch."""

    @property
    def rows(self) -> int:
        """How many."""
        ...

    @property
    def bucket(self) -> object:
        """What must be alike in a batch."""
        ...


AnyRows = TypeVar("AnyRows", bound=Rows)


def choose(candidates: Sequence[AnyRows], max_rows: int) -> list[AnyRows]:
    """Return those that share the next batch: the first, and what fits beside it, in their order.

    The first takes part even where it has more rows than a batch should.
    """
    chosen: list[AnyRows] = []
    taken = 0
    for candidate in candidates:
        alike = not chosen or candidate.bucket == chosen[0].bucket
        if alike and (not chosen or taken + candidate.rows <= max_rows):
            chosen.append(candidate)
            taken += candidate.rows
    return chosen
