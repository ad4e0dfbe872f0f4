"""Nothing accepted is lost, and nothing is shown twice, whoever dies."""

import os
import signal
from collections.abc import AsyncIterator

import pytest

from bot.config import Settings
from bot.creations.models import NewCreation
from bot.database.states import JobStatus
from bot.jobs.models import Job
from engine.api.client import LocalEngine
from engine.api.messages import Event, Finished, Loading, Progress, Ready, Scored
from tests.support.images import meadow, png
from tests.support.scripted_worker import ScriptedProcess
from tests.support.server import LONG, Server, in_one_task, opened_server, restarted
from tests.support.waiting import eventually, eventually_awaited


# The process without torch dies as the real one does, and comes back a hundred times sooner.
@pytest.fixture(params=[ScriptedProcess, pytest.param(LocalEngine, marks=pytest.mark.soak)])
async def mortal(settings: Settings, request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """A server in which everything runs, with an engine process of its own, to be killed."""
    engine = request.param(settings.engine_options())
    async with in_one_task(opened_server(settings, engine=engine)) as running:
        yield running


async def kill_engine(server: Server) -> None:
    pid = await eventually(lambda: server.atelier.kernel.engine.pid)
    os.kill(pid, signal.SIGKILL)
    await eventually(lambda: server.atelier.kernel.engine.pid != pid)


async def under_way(server: Server) -> Job:
    """Wait until the engine has done the first steps of the only job."""
    job = await server.job(status=JobStatus.RUNNING)
    await eventually(lambda: "step" in server.text(job))
    return job


async def in_the_engine(server: Server, job: Job, attempts: int) -> None:
    """Wait until the engine has a job that it has died over so many times."""

    async def asked() -> bool:
        now = await server.atelier.kernel.store.job(job.id)
        assert now is not None
        return now.attempts == attempts and job.id in server.atelier.kernel.engine._streams

    await eventually_awaited(asked)


async def test_a_job_completes_when_its_engine_is_killed(server_with_own_engine: Server) -> None:
    server = server_with_own_engine
    await server.inpaint(**{**LONG, "steps": 12})
    job = await under_way(server)
    await kill_engine(server)
    job = await server.shown(job)
    assert job.status is JobStatus.SUCCEEDED
    assert job.attempts == 1
    assert len(await server.creations(job)) == 4
    assert len(server.card(job).attachments) == 4
    assert len(server.messages()) == 1


@pytest.mark.parametrize(
    ("kind", "number"), [(Loading, 1), (Ready, 1), (Scored, 1), (Progress, 1), (Progress, 8), (Finished, 1)]
)
async def test_the_engine_may_be_killed_at_every_event(
    mortal: Server, kind: type[Event], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = mortal
    engine = server.atelier.kernel.engine
    take, killed, seen = engine._take, [], []

    def take_and_kill(event: Event) -> None:
        seen.extend([event] if isinstance(event, kind) else [])
        if len(seen) == number and not killed:
            assert engine.pid is not None
            killed.append(engine.pid)
            os.kill(engine.pid, signal.SIGKILL)
        take(event)

    monkeypatch.setattr(engine, "_take", take_and_kill)
    if kind in (Loading, Ready):
        await kill_engine(server)
    await server.inpaint(steps=8)
    job = await server.shown(await server.job())
    await eventually(lambda: engine.pid not in (None, *killed))
    assert killed
    assert job.status is JobStatus.SUCCEEDED
    assert len(await server.creations(job)) == len(server.card(job).attachments) == 1
    assert len(server.messages()) == 1


async def test_a_job_that_kills_the_engine_three_times_is_given_up_and_the_next_one_runs(mortal: Server) -> None:
    server = mortal
    await server.inpaint(server.alice, **LONG)
    poison = await server.job()
    await server.inpaint(server.bob)
    for deaths in range(3):
        await in_the_engine(server, poison, deaths)
        await kill_engine(server)
    poison = await server.shown(poison)
    assert poison.status is JobStatus.FAILED
    assert "broke down three times" in server.text(poison)
    assert (await server.shown((await server.jobs())[1])).status is JobStatus.SUCCEEDED


async def test_a_job_whose_pictures_are_gone_fails_and_the_next_one_runs(idle_server: Server) -> None:
    await idle_server.inpaint()
    broken = await idle_server.job()
    idle_server.atelier.kernel.files.path(broken.image_key).unlink()
    await idle_server.inpaint(idle_server.bob, image=("other.png", png(meadow(200, 150))), mask=None, region="left")
    async with idle_server.working():
        broken = await idle_server.shown(broken)
        assert broken.status is JobStatus.FAILED
        assert "has been removed; go on from another one" in idle_server.text(broken)
        assert (await idle_server.shown((await idle_server.jobs())[1])).status is JobStatus.SUCCEEDED


async def test_results_that_cannot_be_written_fail_the_job_and_the_bot_goes_on(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await idle_server.inpaint()
    await idle_server.inpaint(idle_server.bob)
    first, second = await idle_server.jobs()
    put = idle_server.atelier.kernel.files.put

    async def full_disk_once(data: bytes, suffix: str = "png") -> str:
        monkeypatch.setattr(idle_server.atelier.kernel.files, "put", put)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(idle_server.atelier.kernel.files, "put", full_disk_once)
    async with idle_server.working():
        ended = {(await idle_server.shown(job)).status for job in (first, second)}
        assert ended == {JobStatus.FAILED, JobStatus.SUCCEEDED}


@pytest.mark.both_databases
async def test_a_queued_job_runs_after_a_restart(idle_server: Server, settings: Settings) -> None:
    await idle_server.inpaint()
    job = await idle_server.job(status=JobStatus.QUEUED)
    async with restarted(idle_server, settings) as server:
        assert (await server.shown(job)).status is JobStatus.SUCCEEDED
        assert len(server.card(job).attachments) == 1


async def test_a_job_that_ran_when_the_bot_was_killed_runs_again(idle_server: Server, settings: Settings) -> None:
    await idle_server.inpaint()
    job = await idle_server.job()
    # What kill -9 leaves: RUNNING in the database, and nobody who runs it.
    assert await idle_server.atelier.kernel.store.start_job(job.id)
    async with restarted(idle_server, settings) as server:
        job = await server.shown(job)
        assert job.status is JobStatus.SUCCEEDED
        assert job.attempts == 0


async def test_a_running_job_goes_back_in_line_when_the_bot_stops(settings: Settings) -> None:
    engine = ScriptedProcess(settings.engine_options())
    async with opened_server(settings, working=False, engine=engine) as server:
        async with server.working():
            await server.inpaint(**LONG)
            job = await under_way(server)
        assert (await server.job()).status is JobStatus.QUEUED
        another = ScriptedProcess(settings.engine_options())
        async with restarted(server, settings, engine=another) as again:
            assert (await again.shown(job)).status is JobStatus.SUCCEEDED


async def test_a_finished_job_that_was_not_shown_is_shown_once(idle_server: Server, settings: Settings) -> None:
    await idle_server.inpaint()
    job = await idle_server.job()
    store, files = idle_server.atelier.kernel.store, idle_server.atelier.kernel.files
    # What a crash between the gallery and the delivery leaves.
    job = await store.start_job(job.id)
    assert job
    key = await files.put(png(meadow()))
    assert await store.finish_job(job, [NewCreation(key, 1, "starter", 160, 120)])
    async with restarted(idle_server, settings) as server:
        await server.shown(job)
        assert len(server.card(job).attachments) == 1
        edits = len(server.env.http_requests)
    async with restarted(idle_server, settings) as server:
        await eventually(lambda: isinstance(server.atelier.kernel.engine.state, Ready))
        # Its reactions may be read again.
        later = [entry for entry in server.env.http_requests[edits:] if "messages" in entry.path]
        assert [entry for entry in later if entry.method != "GET"] == []
        assert len(await server.creations(job)) == 1


@pytest.mark.both_databases
@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.RUNNING])
async def test_of_two_ends_at_once_one_wins(idle_server: Server, status: JobStatus) -> None:
    await idle_server.inpaint()
    job = await idle_server.job()
    store = idle_server.atelier.kernel.store
    if status is JobStatus.RUNNING:
        job = await store.start_job(job.id)
    assert job
    assert await store.cancel_job(job, status)
    assert not await store.cancel_job(job, status)
    assert not await store.finish_job(job, [])
    assert not await store.start_job(job.id)
