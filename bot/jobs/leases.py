"""Leases: a job runs for as long as whoever runs it says so each second, and goes back in line ten seconds after."""

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
    """Starts jobs, keeps the leases of those that run here, and takes back what nobody holds any more."""

    def __init__(self, store: JobStore, put_in_line: Callable[[Job], None]) -> None:
        self._store = store
        self._put_in_line = put_in_line
        # None until it is known whether a job could be started.
        self._held: dict[int, Job | None] = {}

    @asynccontextmanager
    async def held(self, job: Job) -> AsyncIterator[Job | None]:
        """Start a job and hold its lease inside the block; yield it, or None where it waits no longer."""
        self._held[job.id] = None
        try:
            self._held[job.id] = started = await self._store.start_job(job.id)
            yield started
        finally:
            del self._held[job.id]

    async def take_back(self, *, own: bool = False) -> None:
        """Put jobs back in line whose leases have ended; with `own`, at a start, also those that ran here before."""
        lost = [job for job in await self._store.lost_jobs(own=own) if job.id not in self._held]
        await for_each(lost, self._take_back, lambda job: f"job {job.id} could not be put back in line")

    async def _take_back(self, job: Job) -> None:
        if await self._store.requeue_job(job, attempts=job.attempts):
            log.warning("job %s ran when its bot ended; it goes back in line", job.id)
            self._put_in_line(job)

    async def run(self) -> None:
        """Renew and take back each second, for ever."""
        # While they can't be, nothing is lost: an end is written by a lease's number, not by its time.
        await run_forever(self._renew, "the leases could not be renewed", every=HEARTBEAT_SECONDS)

    async def _renew(self) -> None:
        running = [job for job in self._held.values() if job]
        if running:
            await self._store.renew_leases(running)
        await self.take_back()


def installation(home: Path) -> str:
    """Return the name of the installation whose files lie in `home`; made once, and kept there."""
    path = home / "installation"
    if not path.exists():
        write_whole(path, secrets.token_hex(8).encode())
    return path.read_text()
