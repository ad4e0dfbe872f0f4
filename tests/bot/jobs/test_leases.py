"""A job runs for whoever holds its lease, and is lost by whoever lets it end."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from bot.config import Settings
from bot.creations.models import NewCreation
from bot.database.engine import create_database
from bot.database.states import JobStatus
from bot.jobs import leases
from bot.jobs import store as jobs
from bot.jobs.leases import Leases, installation
from bot.jobs.models import Job, NewJob
from bot.jobs.store import DraftGoneError, JobStore
from tests.support.server import Server
from tests.support.waiting import eventually, eventually_awaited


async def waiting(server: Server) -> Job:
    await server.inpaint()
    return await server.job(status=JobStatus.QUEUED)


def nothing(_job: Job) -> None:
    pass


async def started(store: JobStore, job: Job) -> Job:
    running = await store.start_job(job.id)
    assert running
    return running


@pytest.fixture
def ended_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every lease that is taken have ended already."""
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=-1))


ENDS: list[Callable[[JobStore, Job], Any]] = [
    lambda store, job: store.finish_job(job, [NewCreation("key.png", 1, "starter", 8, 8)]),
    lambda store, job: store.fail_job(job, "a reason"),
    lambda store, job: store.cancel_job(job, JobStatus.RUNNING),
    lambda store, job: store.requeue_job(job, attempts=1),
]


@pytest.mark.parametrize("end", ENDS)
async def test_who_has_lost_the_lease_can_end_nothing(idle_server: Server, end: Any) -> None:
    store = idle_server.atelier.kernel.store
    first = await started(store, await waiting(idle_server))
    assert await store.requeue_job(first, attempts=0)
    second = await started(store, first)
    assert second.lease == first.lease + 1
    assert not await end(store, first)
    now = await store.job(second.id)
    assert now == second
    assert await idle_server.creations(second) == []
    assert await end(store, second)


async def test_a_job_of_another_installation_is_left_alone_until_its_lease_ends(
    idle_server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, job = idle_server.atelier.kernel.store, await waiting(idle_server)
    database = create_database(settings.database)
    running = await started(JobStore(database, "another"), job)
    assert await mine.lost_jobs(own=True) == []
    taken: list[Job] = []
    here = Leases(mine, taken.append)
    await here.take_back(own=True)
    assert taken == []
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=-1))
    await JobStore(database, "another").renew_leases([running])
    await here.take_back()
    assert [each.id for each in taken] == [job.id]
    assert not await JobStore(database, "another").finish_job(running, [])
    await database.dispose()


async def test_a_restart_takes_its_own_jobs_at_once(idle_server: Server) -> None:
    store = idle_server.atelier.kernel.store
    running = await started(store, await waiting(idle_server))
    assert await store.lost_jobs(own=False) == []
    assert await store.lost_jobs(own=True) == [running]


async def test_one_heartbeat_renews_all_running_jobs_and_none_that_was_lost(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch, ended_lease: None
) -> None:
    store = idle_server.atelier.kernel.store
    for member in (idle_server.alice, idle_server.bob, idle_server.moderator):
        await idle_server.inpaint(member)
    kept, also_kept, lost = [await started(store, job) for job in await idle_server.jobs()]
    assert await store.requeue_job(lost, attempts=0)
    again = await started(store, lost)
    monkeypatch.undo()
    await store.renew_leases([kept, also_kept, lost])
    assert await store.lost_jobs(own=False) == [again]


async def test_a_running_job_is_renewed_again_and_again(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch, ended_lease: None
) -> None:
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.01)
    store, job = idle_server.atelier.kernel.store, await waiting(idle_server)
    taken: list[Job] = []
    here, renew, beats = Leases(store, taken.append), store.renew_leases, []

    async def counted(running: Sequence[Job]) -> None:
        beats.append(running)
        await renew(running)

    monkeypatch.setattr(store, "renew_leases", counted)
    beat = asyncio.create_task(here.run())
    async with here.held(job) as running:
        assert running
        # Its lease has ended by the clock, but who holds it doesn't take it from themselves.
        await eventually(lambda: len(beats) > 2)
        assert taken == []
        monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=10))

        async def renewed() -> bool:
            return await store.lost_jobs(own=False) == []

        await eventually_awaited(renewed)
        monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=-1))
    await eventually(lambda: not here._held)
    beat.cancel()


async def test_a_heartbeat_that_fails_is_tried_again(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, ended_lease: None
) -> None:
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.01)
    store = idle_server.atelier.kernel.store
    running = await started(store, await waiting(idle_server))
    lost_jobs, taken = store.lost_jobs, []

    async def locked_once(*, own: bool) -> list[Job]:
        monkeypatch.setattr(store, "lost_jobs", lost_jobs)
        raise OSError("database is locked")

    monkeypatch.setattr(store, "lost_jobs", locked_once)
    beat = asyncio.create_task(Leases(store, taken.append).run())
    await eventually(lambda: [each.id for each in taken] == [running.id])
    beat.cancel()
    assert "could not be renewed" in caplog.text


async def test_a_draft_and_its_job_are_one_or_the_other(studio: Server) -> None:
    await studio.inpaint()
    store = studio.atelier.kernel.store
    draft = await studio.atelier.drafts.service.draft(1, studio.alice.id)
    new = NewJob(draft.user_id, draft.place, draft.parameters, draft.image_key, draft.mask_key)
    with pytest.raises(DraftGoneError):
        await store.add_job(new, 2)
    assert await studio.jobs() == []
    await store.add_job(new, draft.id)
    with pytest.raises(DraftGoneError):
        await store.add_job(new, draft.id)
    assert len(await studio.jobs()) == 1


def test_an_installation_keeps_its_name(settings: Settings) -> None:
    assert installation(settings.home) == installation(settings.home) != ""
