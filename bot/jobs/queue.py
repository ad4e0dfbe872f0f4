"""The queue of waiting jobs: an asyncio queue that is fair across servers, and across members within each server.

The order is that of deficit round robin (Shreedhar and Varghese 1995) by estimated cost, with debts instead of savings,
as in surplus round robin (Adiseshu, Parulkar and Varghese 1996). A job runs when the turn of its owner comes, whatever
it costs; then its owner is skipped until further rounds have paid off that cost. Each round pays the smallest debt, so
that every round runs a job. If a member floods the queue, the jobs of theirs that run before another member's job cost
at most as much as the other member had since then, plus one job.
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

# All direct messages together count as one server, so that nobody gets a server's share for themselves.
DIRECT_MESSAGES = 0


def _server_of(job: Job) -> int:
    """Return the server that a job is charged to, or DIRECT_MESSAGES; see `bot.ui.interactions.gallery_of`."""
    return DIRECT_MESSAGES if job.place.guild_id == job.user_id else job.place.guild_id


class _Ring(Generic[Waiting]):
    """Per-owner queues in round-robin order, with each owner's debt, in the unit of `bot.jobs.cost`."""

    def __init__(self) -> None:
        self.queues: dict[int, Waiting] = {}
        # Both are running totals: an owner's debt is their total minus the total that each owner has paid off so far.
        # A debt is never below 0, so that nobody saves up for later.
        self._charged: dict[int, float] = {}
        self._paid = 0.0

    def debt(self, owner: int) -> float:
        return max(0.0, self._charged.get(owner, 0.0) - self._paid)

    def charge(self, owner: int, cost: float) -> None:
        """Charge an owner for their turn; their next turn comes after those of others with the same debt."""
        self._paid += self.debt(owner)
        self._charged = {each: charged for each, charged in self._charged.items() if charged > self._paid}
        self._charged[owner] = self._paid + cost
        self.queues[owner] = self.queues.pop(owner)


class _FairOrder:
    """Waiting jobs in one queue per member, within one ring per server.

    A member with `at_once` running jobs is skipped, without losing their turn.
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
        """Return whether `popleft` has a job that may run now; `asyncio.Queue.get` waits while this is False."""
        return any(self._may_run(user) for server in self._servers.queues.values() for user in server.queues)

    def __contains__(self, job_id: int) -> bool:
        return job_id in self._jobs

    def order(self) -> Sequence[Job]:
        """Return all jobs in the order in which they will run if no other is added."""
        if self._order is None:
            self._order = list(self._in_turn(lambda _user: True))
        return self._order

    def append(self, job: Job) -> None:
        if job.id in self._jobs:
            return
        self._jobs[job.id] = job
        self._costs[job.id] = self._cost(job)
        server = self._servers.queues.setdefault(_server_of(job), _Ring())
        insort(server.queues.setdefault(job.user_id, []), job, key=lambda each: each.id)
        self._order = None

    def popleft(self) -> Job:
        job = next(self._in_turn(self._may_run))
        server_id, cost = _server_of(job), self._costs[job.id]
        self._servers.queues[server_id].charge(job.user_id, cost)
        self._servers.charge(server_id, cost)
        self._running[job.user_id] += 1
        self.remove(job.id)
        return job

    def end(self, user_id: int) -> Job | None:
        """Count a running job of a member as ended; return one of their waiting jobs, or None."""
        self._running[user_id] -= 1
        if not self._running[user_id]:
            del self._running[user_id]
        waiting = (queue[0] for server in self._servers.queues.values() if (queue := server.queues.get(user_id)))
        return next(waiting, None)

    def remove(self, job_id: int) -> None:
        job = self._jobs.pop(job_id, None)
        if job is None:
            return
        del self._costs[job_id]
        server = self._servers.queues[_server_of(job)]
        queue = server.queues[job.user_id]
        queue[:] = (each for each in queue if each.id != job_id)
        if not queue:
            del server.queues[job.user_id]
        if not server.queues:
            del self._servers.queues[_server_of(job)]
        self._order = None

    def _may_run(self, user_id: int) -> bool:
        return self._running[user_id] < self._at_once

    def _in_turn(self, may_run: Callable[[int], bool]) -> Iterator[Job]:
        """Yield the jobs of the members for whom `may_run` holds, in the order of their turns."""
        return self._merged(
            (self._servers.debt(server_id), self._members_in_turn(server, may_run))
            for server_id, server in self._servers.queues.items()
        )

    def _members_in_turn(self, server: _Ring[list[Job]], may_run: Callable[[int], bool]) -> Iterator[Job]:
        return self._merged(
            (server.debt(user_id), iter(queue)) for user_id, queue in server.queues.items() if may_run(user_id)
        )

    def _merged(self, queues: Iterable[tuple[float, Iterator[Job]]]) -> Iterator[Job]:
        """Merge queues, each given with its debt: yield from the one with the least debt; ties go round robin."""
        turn = count()
        heap = [(debt, next(turn), job, jobs) for debt, jobs in queues for job in islice(jobs, 1)]
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
    """An asyncio queue of jobs that is fair across servers and members by `cost`, and from which jobs can be removed.

    `get` waits while every member with a waiting job has `at_once` jobs running; call `ended` when a job is done.
    """

    def __init__(self, at_once: int, cost: Callable[[Job], float]) -> None:
        self._at_once = at_once
        self._cost = cost
        super().__init__()

    def _init(self, maxsize: int) -> None:
        self._queue = _FairOrder(self._at_once, self._cost)

    def _put(self, item: Job) -> None:
        self._queue.append(item)

    def _get(self) -> Job:
        return self._queue.popleft()

    def ended(self, job: Job) -> None:
        """Record that a job returned by `get` is done, so that another job of its member may run."""
        waiting = self._queue.end(job.user_id)
        if waiting:
            # Its position does not change; `put_nowait` is called to wake a task that waits in `get`.
            self.put_nowait(waiting)

    def remove(self, job_id: int) -> None:
        """Remove a job from the queue, if it is there."""
        self._queue.remove(job_id)

    def waits(self, job_id: int) -> bool:
        """Return whether a job waits in the queue."""
        return job_id in self._queue

    def waiting(self) -> Sequence[Job]:
        """Return the waiting jobs in the order in which they will run."""
        return self._queue.order()
