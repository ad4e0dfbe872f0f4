"""Leases on running jobs: a worker renews its leases every second; a job returns to the queue when its lease expires.

A lease lasts `bot.jobs.store.LEASE`, ten seconds.
"""

import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.core.loops import for_each, run_forever
from bot.database.file_store import write_whole
from bot.jobs.models import Job
from bot.jobs.store import JobStore

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 1.0


class Leases:
    """The leases of one process: starts jobs, renews the leases of its own, and requeues jobs with an expired lease.

    `enqueue` puts a job back into the process's queue.
    """

    def __init__(self, store: JobStore, enqueue: Callable[[Job], None]) -> None:
        self._store = store
        self._enqueue = enqueue
        # By job id. None while `start_job` runs, so that `take_back` skips the job, and if the job was not QUEUED.
        self._held: dict[int, Job | None] = {}

    @asynccontextmanager
    async def held(self, job: Job) -> AsyncIterator[Job | None]:
        """Start a job and hold its lease inside the block; yield the started job, or None if it was not QUEUED."""
        self._held[job.id] = None
        try:
            self._held[job.id] = started = await self._store.start_job(job.id)
            yield started
        finally:
            del self._held[job.id]

    async def take_back(self, *, own: bool = False) -> None:
        """Requeue the running jobs whose lease has expired.

        With `own`, used at startup, also requeue the jobs that this installation was running before it stopped.
        """
        lost = [job for job in await self._store.lost_jobs(own=own) if job.id not in self._held]
        await for_each(lost, self._take_back, lambda job: f"job {job.id} could not be requeued")

    async def _take_back(self, job: Job) -> None:
        if await self._store.requeue_job(job, attempts=job.attempts):
            log.warning("job %s was running when its bot ended; it returns to the queue", job.id)
            self._enqueue(job)

    async def run(self) -> None:
        """Renew leases and requeue jobs with an expired lease, every second, until cancelled."""
        # A failed renewal alone loses no result: the end of a job is written by the lease's number, not its time.
        await run_forever(self._renew, "the leases could not be renewed", every=HEARTBEAT_SECONDS)

    async def _renew(self) -> None:
        running = [job for job in self._held.values() if job]
        if running:
            await self._store.renew_leases(running)
        await self.take_back()


def installation(home: Path) -> str:
    """Return the name of the installation whose files are in `home`.

    The first call makes a random name of 16 hexadecimal digits and stores it there.
    """
    path = home / "installation"
    if not path.exists():
        write_whole(path, secrets.token_hex(8).encode())
    return path.read_text()
