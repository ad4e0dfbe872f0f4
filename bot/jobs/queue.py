"""The line of waiting jobs: an asyncio queue that takes servers in turn, and members in turn within each.

Turns are those of deficit round robin (Shreedhar and Varghese 1995) by estimated cost, with debts in place of savings,
as in surplus round robin (Adiseshu, Parulkar and Varghese 1996): a job goes when its turn comes, however much it costs,
and its line is passed over until the rounds have paid for it. A round pays what the least debt is, so none is empty. Of
a member's flood, no more goes before another's job than what the other had since, and one job.
"""

import asyncio
from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heapreplace
from itertools import count, islice
from typing import Generic, TypeVar

from bot.jobs.models import Job

Waiting = TypeVar("Waiting")

# All direct messages together are one server: nobody gets a server's share for themselves.
DIRECT_MESSAGES = 0


def server_of(job: Job) -> int:
    """Return the server whose turn a job takes; see `bot.ui.interactions.gallery_of`."""
    return DIRECT_MESSAGES if job.place.guild_id == job.user_id else job.place.guild_id


class _Ring(Generic[Waiting]):
    """Lines by whose they are, in the order of their turns, and what each owes for what it had."""

    def __init__(self) -> None:
        self.lines: dict[int, Waiting] = {}
        # Of what was ever charged, `_paid` is paid by everybody; nobody saves up for later.
        self._charged: dict[int, float] = {}
        self._paid = 0.0

    def debt(self, owner: int) -> float:
        return max(0.0, self._charged.get(owner, 0.0) - self._paid)

    def charge(self, owner: int, cost: float) -> None:
        """Let the owner of a line pay for their turn; their next comes after those of others who owe as much."""
        self._paid += self.debt(owner)
        self._charged = {each: charged for each, charged in self._charged.items() if charged > self._paid}
        self._charged[owner] = self._paid + cost
        self.lines[owner] = self.lines.pop(owner)


class _Turns:
    """Jobs in lines, one a server and in each one a member.

    Whoever has `at_once` jobs running keeps their place, and is passed over.
    """

    def __init__(self, at_once: int, cost: Callable[[Job], float]) -> None:
        self._at_once = at_once
        self._cost = cost
        self._running: Counter[int] = Counter()
        self._servers: _Ring[_Ring[list[Job]]] = _Ring()
        self._jobs: dict[int, Job] = {}
        self._costs: dict[int, float] = {}
        self._order: list[Job] | None = None

    def __len__(self) -> int:
        return len(self._jobs)

    def __bool__(self) -> bool:
        """Return whether a job could run now."""
        return any(self._may_run(user) for server in self._servers.lines.values() for user in server.lines)

    def __contains__(self, job_id: int) -> bool:
        return job_id in self._jobs

    def order(self) -> Sequence[Job]:
        """Return all jobs in the order in which they will run, as it stands now."""
        if self._order is None:
            self._order = list(self._in_turn(lambda _user: True))
        return self._order

    def append(self, job: Job) -> None:
        if job.id in self._jobs:
            return
        self._jobs[job.id] = job
        self._costs[job.id] = self._cost(job)
        server = self._servers.lines.setdefault(server_of(job), _Ring())
        insort(server.lines.setdefault(job.user_id, []), job, key=lambda each: each.id)
        self._order = None

    def popleft(self) -> Job:
        job = next(self._in_turn(self._may_run))
        server_id, cost = server_of(job), self._costs[job.id]
        self._servers.lines[server_id].charge(job.user_id, cost)
        self._servers.charge(server_id, cost)
        self._running[job.user_id] += 1
        self.remove(job.id)
        return job

    def end(self, user_id: int) -> Job | None:
        """Let another job of a member run; return one of theirs that waits."""
        self._running[user_id] -= 1
        if not self._running[user_id]:
            del self._running[user_id]
        waiting = (line[0] for server in self._servers.lines.values() if (line := server.lines.get(user_id)))
        return next(waiting, None)

    def remove(self, job_id: int) -> None:
        job = self._jobs.pop(job_id, None)
        if job is None:
            return
        del self._costs[job_id]
        server = self._servers.lines[server_of(job)]
        line = server.lines[job.user_id]
        line[:] = (each for each in line if each.id != job_id)
        if not line:
            del server.lines[job.user_id]
        if not server.lines:
            del self._servers.lines[server_of(job)]
        self._order = None

    def _may_run(self, user_id: int) -> bool:
        return self._running[user_id] < self._at_once

    def _in_turn(self, may_run: Callable[[int], bool]) -> Iterator[Job]:
        """Yield the jobs of those members who may run, in the order of their turns."""
        return self._merged(
            (self._servers.debt(server_id), self._members_in_turn(server, may_run))
            for server_id, server in self._servers.lines.items()
        )

    def _members_in_turn(self, server: _Ring[list[Job]], may_run: Callable[[int], bool]) -> Iterator[Job]:
        return self._merged(
            (server.debt(user_id), iter(line)) for user_id, line in server.lines.items() if may_run(user_id)
        )

    def _merged(self, lines: Iterable[tuple[float, Iterator[Job]]]) -> Iterator[Job]:
        """Yield the jobs of lines, each with what it owes: always of the one that owes least and had its turn first."""
        turn = count()
        heap = [(debt, next(turn), job, jobs) for debt, jobs in lines for job in islice(jobs, 1)]
        heapify(heap)
        while heap:
            debt, _, job, jobs = heap[0]
            yield job
            following = next(jobs, None)
            if following is None:
                heappop(heap)
            else:
                heapreplace(heap, (debt + self._costs[job.id], next(turn), following, jobs))


class JobQueue(asyncio.Queue[Job]):
    """An asyncio queue of jobs, fair across servers and members by what jobs cost, from which a job can be taken out.

    `get` waits where every member with a waiting job has `at_once` running; `ended` says that one is done.
    """

    def __init__(self, at_once: int, cost: Callable[[Job], float]) -> None:
        self._at_once = at_once
        self._cost = cost
        super().__init__()

    def _init(self, maxsize: int) -> None:
        self._queue = _Turns(self._at_once, self._cost)

    def _put(self, item: Job) -> None:
        self._queue.append(item)

    def _get(self) -> Job:
        return self._queue.popleft()

    def ended(self, job: Job) -> None:
        """Let another job of a member run, now that one that was got is done."""
        waiting = self._queue.end(job.user_id)
        if waiting:
            # It stays where it is; putting it wakes who waits to get one.
            self.put_nowait(waiting)

    def remove(self, job_id: int) -> None:
        """Take a job out; nothing happens where it doesn't wait."""
        self._queue.remove(job_id)

    def waits(self, job_id: int) -> bool:
        """Return whether a job is in line."""
        return job_id in self._queue

    def waiting(self) -> Sequence[Job]:
        """Return the waiting jobs, the next one first."""
        return self._queue.order()
