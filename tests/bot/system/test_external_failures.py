"""Whatever fails around it, the bot goes on, and a job ends with its pictures or with a reason."""

import asyncio
import errno
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from bot.config import Settings
from bot.core.message_ref import MessageRef
from bot.database import engine as database
from bot.database.states import UNFINISHED, JobStatus
from bot.jobs import delivery, dispatcher, leases
from bot.jobs import store as jobs
from bot.jobs.models import NewJob
from engine.api.messages import GenerationParameters
from tests.support.member_actions import asked
from tests.support.quick_engine import QuickEngine
from tests.support.server import Server
from tests.support.waiting import PATIENCE_SECONDS, eventually_awaited, logged


@pytest.fixture
def quick(idle_server: Server) -> QuickEngine:
    engine = QuickEngine()
    idle_server.atelier.kernel.dispatcher._engine = engine  # pyright: ignore[reportAttributeAccessIssue]
    return engine


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "RETRY_SECONDS", (0.05,) * 20)
    monkeypatch.setattr(dispatcher, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.05)


async def goes_on(server: Server) -> None:
    """Check that the next job is painted and shown."""
    job = await server.shown(await asked(server, server.bob))
    assert job.status is JobStatus.SUCCEEDED
    assert len(server.card(job).attachments) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_discord_is_ill(idle_server: Server, quick: QuickEngine, status: int) -> None:
    job = await asked(idle_server)
    idle_server.env.inject_error("PATCH", "/webhooks/*", status=status, times=2)
    async with idle_server.working():
        job = await idle_server.shown(job)
        assert job.status is JobStatus.SUCCEEDED
        assert len(idle_server.card(job).attachments) == 1
        await goes_on(idle_server)


async def test_connections_are_cut(idle_server: Server, quick: QuickEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await asked(idle_server)
    edit, cut = idle_server.atelier.kernel.dispatcher._delivery._edit, 0

    async def cut_twice(*arguments: Any) -> None:
        nonlocal cut
        cut += 1
        if cut <= 2:
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        await edit(*arguments)

    monkeypatch.setattr(idle_server.atelier.kernel.dispatcher._delivery, "_edit", cut_twice)
    async with idle_server.working():
        assert len(idle_server.card(await idle_server.shown(job)).attachments) == 1
        await goes_on(idle_server)


@pytest.mark.parametrize(("status", "code"), [(404, 10003), (404, 10008), (403, 50001), (403, 50013)])
async def test_channel_message_or_permission_is_gone(
    idle_server: Server, quick: QuickEngine, monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    job = await asked(idle_server)
    with monkeypatch.context() as patch:
        # As the bot itself, because the token of an interaction needs no permission.
        patch.setattr(delivery, "TOKEN_LIFETIME", delivery.TOKEN_LIFETIME * 0)
        idle_server.env.inject_error("PATCH", "/channels/*", status=status, code=code, times=None)
        async with idle_server.working():
            job = await idle_server.shown(job)
            assert job.status is JobStatus.SUCCEEDED
            assert len(await idle_server.creations(job)) == 1
            idle_server.env.backend.faults.clear()
            await goes_on(idle_server)


async def test_the_disk_is_full(idle_server: Server, quick: QuickEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await asked(idle_server)

    def full(_path: Path, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with idle_server.working():
        with monkeypatch.context() as patch:
            patch.setattr("bot.database.file_store.write_whole", full)
            job = await idle_server.shown(job)
            assert job.status is JobStatus.FAILED
            assert "Something went wrong on my side" in idle_server.text(job)
        await goes_on(idle_server)


@asynccontextmanager
async def locked(server: Server, settings: Settings) -> AsyncIterator[None]:
    """Lock the database for everybody else, who wait for it only briefly as long as that lasts."""
    milliseconds = 50

    def borrowed(connection: Any, *_: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={milliseconds}")
        cursor.close()

    event.listen(server.atelier.kernel.store._session.kw["bind"].sync_engine, "checkout", borrowed)
    path = settings.home / "atelier.db"
    options = {"isolation_level": None, "timeout": PATIENCE_SECONDS, "check_same_thread": False}
    with closing(sqlite3.connect(path, **options)) as connection:
        # In a thread, because whoever holds the lock now may need the event loop to give it back.
        await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
        yield
        milliseconds = database.BUSY_MILLISECONDS
        connection.execute("ROLLBACK")


async def test_the_database_is_locked_when_a_job_starts(
    idle_server: Server, quick: QuickEngine, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    server, job = idle_server, await asked(idle_server)
    async with AsyncExitStack() as lock:
        await lock.enter_async_context(locked(server, settings))
        async with server.working():
            await logged(caplog, "it is tried again")
            await lock.aclose()
            assert (await server.shown(job)).status is JobStatus.SUCCEEDED
            await goes_on(server)


async def test_the_database_is_locked_when_a_result_is_written(
    idle_server: Server,
    quick: QuickEngine,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=1))
    server, job, finish = idle_server, await asked(idle_server), idle_server.atelier.kernel.store.finish_job
    async with AsyncExitStack() as lock:

        async def finish_locked(*arguments: Any) -> bool:
            monkeypatch.setattr(server.atelier.kernel.store, "finish_job", finish)
            await lock.enter_async_context(locked(server, settings))
            return await finish(*arguments)

        monkeypatch.setattr(server.atelier.kernel.store, "finish_job", finish_locked)
        async with server.working():
            await logged(caplog, "it is tried again")
            await lock.aclose()
            # Neither its result nor its failure could be written: it is done again when its lease has ended.
            assert (await server.shown(job)).status is JobStatus.SUCCEEDED
            assert "its bot ended" in caplog.text
            await goes_on(server)


async def test_the_database_has_gone_read_only(
    idle_server: Server, quick: QuickEngine, caplog: pytest.LogCaptureFixture
) -> None:
    idle_server.tolerated = (OperationalError,)
    job, read_only = await asked(idle_server), True

    def borrowed(connection: Any, *_: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA query_only={read_only}")
        cursor.close()

    engine = idle_server.atelier.kernel.store._session.kw["bind"].sync_engine
    event.listen(engine, "checkout", borrowed)
    async with idle_server.working():
        await logged(caplog, "it is tried again")
        answer = await idle_server.alice.slash(idle_server.channel, "imagine", prompt="a fox")
        assert "went wrong on my side" in answer.followups[0].content
        read_only = False
        assert (await idle_server.shown(job)).status is JobStatus.SUCCEEDED
        await goes_on(idle_server)


async def test_reactions_and_challenges_wait_for_a_database_that_is_ill(
    idle_server: Server, quick: QuickEngine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    atelier = idle_server.atelier

    async def ill(*_: object) -> Any:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(atelier.showcase.reactions._reactions, "recent_messages", ill)
        patch.setattr(atelier.challenges.scheduler._challenges, "unfinished", ill)
        patch.setattr(atelier.drafts.collector, "_named", ill)
        atelier.showcase.reactions.was_away()
        async with idle_server.working():
            for said in ("reactions could not be compared", "challenges could not go on", "could not be collected"):
                await logged(caplog, said)
            await goes_on(idle_server)


async def test_a_poison_job_ends_with_its_reason_and_a_hundred_behind_it_are_painted(
    idle_server: Server, quick: QuickEngine
) -> None:
    store, queue = idle_server.atelier.kernel.store, idle_server.atelier.kernel.dispatcher._queue
    nowhere = MessageRef(idle_server.alice.guild.id, idle_server.channel.id, 1, "token")
    for number in range(101):
        new = NewJob(1000 + number % 7, nowhere, GenerationParameters("a fox" if number else "poison", seed=number))
        queue.put_nowait(await store.add_job(new))
    async with idle_server.working():

        async def all_ended() -> bool:
            return not await store.jobs(*UNFINISHED)

        await eventually_awaited(all_ended)
    poison, *others = await idle_server.jobs()
    assert poison.status is JobStatus.FAILED
    assert "broke down three times" in poison.reason
    assert quick.deaths == 3
    assert {job.status for job in others} == {JobStatus.SUCCEEDED}
