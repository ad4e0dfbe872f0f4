"""The line of waiting jobs: an asyncio queue that takes members in turn."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterator

from bot.records import Job


class _Turns:
    """Jobs in lines, one a member; members take turns, so that nobody's flood holds up the others."""

    def __init__(self) -> None:
        self._lines: OrderedDict[int, deque[Job]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def __iter__(self) -> Iterator[Job]:
        """Yield the jobs in the order in which they will run, as it stands now."""
        lines = [deque(line) for line in self._lines.values()]
        while lines:
            yield from [line.popleft() for line in lines]
            lines = [line for line in lines if line]

    def append(self, job: Job) -> None:
        self._lines.setdefault(job.user_id, deque()).append(job)

    def popleft(self) -> Job:
        user_id, line = self._lines.popitem(last=False)
        job = line.popleft()
        if line:
            self._lines[user_id] = line
        return job

    def remove(self, job_id: int) -> None:
        for user_id, line in self._lines.items():
            kept = deque(job for job in line if job.id != job_id)
            if len(kept) < len(line):
                self._lines[user_id] = kept
                if not kept:
                    del self._lines[user_id]
                return


class JobQueue(asyncio.Queue[Job]):
    """An asyncio queue of jobs, fair across members, from which a job can be taken out."""

    def _init(self, maxsize: int) -> None:
        self._queue = _Turns()

    def _put(self, item: Job) -> None:
        self._queue.append(item)

    def _get(self) -> Job:
        return self._queue.popleft()

    def remove(self, job_id: int) -> None:
        """Take a job out; nothing happens where it doesn't wait."""
        self._queue.remove(job_id)

    def waiting(self) -> list[Job]:
        """Return the waiting jobs, the next one first."""
        return list(self._queue)
