"""The line of waiting jobs: an asyncio queue that takes members in turn."""

import asyncio
from bisect import insort
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator

from bot.records import Job


class _Turns:
    """Jobs in lines, one a member; members take turns, so that nobody's flood holds up the others.

    Whoever has `at_once` jobs running keeps their place, and is passed over.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._running: Counter[int] = Counter()
        self._lines: OrderedDict[int, list[Job]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many jobs could run now."""
        return sum(min(len(line), self._at_once - self._running[user]) for user, line in self._lines.items())

    def __iter__(self) -> Iterator[Job]:
        """Yield all jobs in the order in which they will run, as it stands now."""
        lines = [deque(line) for line in self._lines.values()]
        while lines:
            yield from [line.popleft() for line in lines]
            lines = [line for line in lines if line]

    def append(self, job: Job) -> None:
        insort(self._lines.setdefault(job.user_id, []), job, key=lambda each: each.id)

    def popleft(self) -> Job:
        user_id = next(user for user in self._lines if self._running[user] < self._at_once)
        line = self._lines.pop(user_id)
        job = line.pop(0)
        if line:
            self._lines[user_id] = line
        self._running[user_id] += 1
        return job

    def end(self, user_id: int) -> Job | None:
        """Let a member's next job run in the place of one that has ended; take it out and return it."""
        self._running[user_id] -= 1
        if not self._running[user_id]:
            del self._running[user_id]
        line = self._lines.get(user_id)
        return line.pop(0) if line else None

    def remove(self, job_id: int) -> None:
        for user_id, line in self._lines.items():
            kept = [job for job in line if job.id != job_id]
            if len(kept) < len(line):
                self._lines[user_id] = kept
                if not kept:
                    del self._lines[user_id]
                return


class JobQueue(asyncio.Queue[Job]):
    """An asyncio queue of jobs, fair across members, from which a job can be taken out.

    `get` waits where every member with a waiting job has `at_once` running; `ended` says that one is done.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        super().__init__()

    def _init(self, maxsize: int) -> None:
        self._queue = _Turns(self._at_once)

    def _put(self, item: Job) -> None:
        self._queue.append(item)

    def _get(self) -> Job:
        return self._queue.popleft()

    def ended(self, job: Job) -> None:
        """Let the next job of a member run, now that one that was got is done."""
        following = self._queue.end(job.user_id)
        if following:
            # Put again, which wakes who waits to get one.
            self.put_nowait(following)

    def remove(self, job_id: int) -> None:
        """Take a job out; nothing happens where it doesn't wait."""
        self._queue.remove(job_id)

    def waiting(self) -> list[Job]:
        """Return the waiting jobs, the next one first."""
        return list(self._queue)
