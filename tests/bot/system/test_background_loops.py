"""Whatever works for ever goes on after an error of one turn, and after one thing that can't be done."""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from bot.core import loops
from bot.database.file_store import OLD_SECONDS
from bot.database.states import JobStatus
from bot.gallery.similarity_store import BEYOND
from bot.jobs.models import Job
from bot.jobs.progress import ProgressReporter
from bot.showcase import reactions
from engine.api.client import LocalEngine, UnansweredError
from engine.api.messages import EngineOptions, EngineState, Loading, Progress, Ready
from tests.support.cards import card_text
from tests.support.clock import Clock
from tests.support.digests import monday, wanted
from tests.support.images import ellipse, meadow, png
from tests.support.member_actions import asked, kept, viewer
from tests.support.quick_engine import QuickEngine
from tests.support.server import Server
from tests.support.waiting import eventually, eventually_awaited, logged

Done = Callable[[], Awaitable[bool]]

# In the context of a loop under test: how many times it still finds the database locked.
_ill: ContextVar[list[int] | None] = ContextVar("ill", default=None)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "FIRST_PAUSE_SECONDS", 0.01)


def locked_in_loops(server: Server) -> None:
    """Let those find the database locked whose context says so, as often as it says."""

    def borrowed(*_: object) -> None:
        left = _ill.get()
        if left and left[0]:
            left[0] -= 1
            raise OperationalError("SELECT", {}, sqlite3.OperationalError("database is locked"))

    event.listen(server.atelier.kernel.store._session.kw["bind"].sync_engine, "checkout", borrowed)


async def to_paint(server: Server, _clock: Clock) -> Done:
    server.atelier.kernel.dispatcher._engine = QuickEngine()  # pyright: ignore[reportAttributeAccessIssue]
    job = await asked(server)

    async def is_painted() -> bool:
        found = await server.atelier.kernel.store.job(job.id)
        return bool(found and found.status is JobStatus.SUCCEEDED and found.delivered)

    return is_painted


async def to_show_in_line(server: Server, _clock: Clock) -> Done:
    job, board = await asked(server), server.atelier.kernel.board
    pause = board._delivery.pause

    def ill_once(job: Job) -> float:
        board._delivery.pause = pause
        raise OSError("Input/output error")

    board._delivery.pause = ill_once

    async def is_shown() -> bool:
        return "You are next in line." in server.text(job)

    return is_shown


async def to_collect(server: Server, _clock: Clock) -> Done:
    path = server.atelier.kernel.files.path(await server.atelier.kernel.files.put(b"nothing names it"))
    os.utime(path, (0, path.stat().st_mtime - 2 * OLD_SECONDS))

    async def is_gone() -> bool:
        return not path.exists()

    return is_gone


async def to_count(server: Server, _clock: Clock) -> Done:
    job, desk = await kept(server), server.atelier.showcase.reactions
    with pytest.MonkeyPatch.context() as patch:
        heard = asyncio.Event()

        async def deaf(*_: object) -> None:
            heard.set()

        patch.setattr(desk, "added", deaf)
        await server.bob.react(server.card(job), "⭐")
        await heard.wait()

    async def is_counted() -> bool:
        return [each.score for each in await server.creations(job)] == [1]

    return is_counted


async def to_announce(server: Server, _clock: Clock) -> Done:
    await server.moderator.slash(server.channel, "challenge create", title="Autumn", theme="Everything golden")

    async def is_announced() -> bool:
        return any("Everything golden" in card_text(each) for each in server.channel.history())

    return is_announced


async def to_post_the_digest(server: Server, clock: Clock) -> Done:
    channel = await wanted(server)
    for _ in range(3):
        await kept(server)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.support.digests.look", _nothing)
        await monday(server, clock)

    async def is_posted() -> bool:
        return bool(channel.history())

    return is_posted


async def _nothing(*_: object) -> None:
    pass


async def to_hash(server: Server, _clock: Clock) -> Done:
    await kept(server)

    async def is_hashed() -> bool:
        return not await server.atelier.gallery.likeness._store.unhashed(BEYOND, 1)

    return is_hashed


async def to_post_a_case(server: Server, _clock: Clock) -> Done:
    office = await an_office(server)
    await report(server, await kept(server))

    async def is_posted() -> bool:
        return bool(office.history())

    return is_posted


async def to_remove_what_is_old(server: Server, clock: Clock) -> Done:
    job = await kept(server)
    await server.atelier.kernel.settings.choose(server.alice.guild.id, keep_days=1)
    clock.ahead += clock.ahead.resolution * 3 * 24 * 3600 * 10**6

    async def is_removed() -> bool:
        return not await server.creations(job)

    return is_removed


async def to_put_right(server: Server, _clock: Clock) -> Done:
    [creation] = await server.creations(await kept(server))
    answer = await server.bob.slash(server.channel, "show", number=creation.id)
    await server.atelier.kernel.removal.take([creation.id])
    patience = server.atelier.kernel.delivery.patience
    patience.failed("a message")
    patience._failures["a message"] = (1.0, 0.0)

    async def is_right() -> bool:
        message = next(each for each in server.channel.history() if each.id == answer.response.id)
        return "Removed from the gallery" in card_text(message)

    return is_right


# What each loop has to do, by the name of its class.
WORK = {
    "Dispatcher": to_paint,
    "QueueBoard": to_show_in_line,
    "Collector": to_collect,
    "ReactionService": to_count,
    "ChallengeScheduler": to_announce,
    "Digest": to_post_the_digest,
    "Likeness": to_hash,
    "CaseService": to_post_a_case,
    "Removal": to_put_right,
    "Retention": to_remove_what_is_old,
}


async def an_office(server: Server) -> Any:
    office = server.alice.guild.create_text_channel("office")
    await server.atelier.kernel.settings.choose(server.alice.guild.id, cases_channel_id=office.id)
    return office


async def report(server: Server, job: Job) -> None:
    [creation] = await server.creations(job)
    await server.atelier.moderation.cases.report(server.alice.guild.id, creation.id, server.bob.id, "it is rude")


async def test_no_loop_is_forgotten(club: Server) -> None:
    assert {type(each).__name__ for each in club.atelier.tasks} == WORK.keys()


@pytest.mark.parametrize("name", WORK)
async def test_a_loop_does_its_work_after_an_error(
    club: Server, clock: Clock, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reactions, "PAUSE_SECONDS", 0)
    [loop] = [each for each in club.atelier.tasks if type(each).__name__ == name]
    is_done = await WORK[name](club, clock)
    assert not await is_done()
    locked_in_loops(club)
    left = [2]

    async def ill() -> None:
        _ill.set(left)
        await loop.run()

    with club.env.time_context():
        running = asyncio.create_task(ill())
    await eventually_awaited(is_done)
    assert not running.done()
    assert "Traceback" in caplog.text
    if name != "QueueBoard":
        assert left == [0]
        assert "database is locked" in caplog.text
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@pytest.fixture
def damaged(club: Server) -> Callable[[str], None]:
    """Return how to take a file away."""

    def damage(key: str) -> None:
        club.atelier.kernel.files.path(key).unlink()

    return damage


@pytest.mark.parametrize("harm", ["missing", "a folder", "closed"])
async def test_a_case_without_its_file_is_shown_without_it_and_those_after_it_too(club: Server, harm: str) -> None:
    office = await an_office(club)
    first, second = await kept(club), await kept(club, file=png(ellipse()))
    [lost], [_] = await club.creations(first), await club.creations(second)
    path = club.atelier.kernel.files.path(lost.file_key)
    path.unlink()
    if harm == "a folder":
        path.mkdir()
    elif harm == "closed":
        path.symlink_to(path)
    for job in (first, second):
        await report(club, job)
    with club.env.time_context():
        await club.atelier.moderation.cases.post()
    newest, oldest = sorted(office.history(), key=lambda each: -each.id)
    assert "its file is missing or damaged" in card_text(oldest)
    assert (len(oldest.attachments), len(newest.attachments)) == (0, 1)
    assert "missing" not in card_text(newest)


async def test_a_case_that_cannot_be_made_stops_none_after_it(
    club: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    office = await an_office(club)
    for job in (await kept(club), await kept(club)):
        await report(club, job)
    card = club.atelier.moderation.cases.card

    async def broken(case: Any) -> Any:
        if case.id == 1:
            raise ValueError("no card")
        return await card(case)

    monkeypatch.setattr(club.atelier.moderation.cases, "card", broken)
    with club.env.time_context():
        await club.atelier.moderation.cases.post()
    [posted] = office.history()
    assert "Case 2" in card_text(posted)
    assert "case 1 could not be posted" in caplog.text


async def test_a_challenge_without_its_picture_goes_on(club: Server, damaged: Callable[[str], None]) -> None:
    await club.moderator.slash(
        club.channel,
        "challenge create",
        title="Autumn",
        theme="Everything golden",
        kind="canvas",
        image=("meadow.png", png(meadow())),
        mask=("mask.png", png(ellipse())),
    )
    [challenge] = await club.atelier.challenges.service.newest(club.alice.guild.id, viewer(club))
    damaged(challenge.image_key)
    with club.env.time_context():
        await club.atelier.challenges.scheduler.advance()
    [announced] = [each for each in club.channel.history() if "Everything golden" in card_text(each)]
    assert "its file is missing or damaged" in card_text(announced)
    assert announced.attachments == []


async def test_a_digest_leaves_out_what_cannot_be_read(
    club: Server, clock: Clock, damaged: Callable[[str], None]
) -> None:
    channel = await wanted(club)
    jobs = [await kept(club, file=png(meadow(100 + side))) for side in range(4)]
    [lost] = await club.creations(jobs[0])
    damaged(lost.file_key)
    await monday(club, clock)
    [message] = channel.history()
    assert f"[#{lost.id}]" not in card_text(message)
    assert card_text(message).count("[#") == 3


async def test_a_reaction_that_cannot_be_compared_stops_none_after_it(
    club: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactions, "PAUSE_SECONDS", 0)
    desk = club.atelier.showcase.reactions
    jobs = [await kept(club) for _ in range(3)]
    reconcile, compared = desk._reconcile, []

    async def broken(guild_id: int, channel_id: int, message_id: int) -> None:
        if message_id == jobs[1].place.message_id:
            raise ValueError("no")
        await reconcile(guild_id, channel_id, message_id)
        compared.append(message_id)

    monkeypatch.setattr(desk, "_reconcile", broken)
    with club.env.time_context():
        await desk._catch_up()
    assert compared == [jobs[2].place.message_id, jobs[0].place.message_id]


@pytest.mark.parametrize("file", [b"\0", b"not a picture", png(meadow())[:200], b"\x89PNG\r\n\x1a\n" + b"\xff" * 100])
async def test_a_picture_that_cannot_be_hashed_stops_none_older(club: Server, file: bytes) -> None:
    good, _ = await kept(club), await kept(club, file=file)
    likeness = club.atelier.gallery.likeness
    while await likeness.hash_some():
        pass
    [creation] = await club.creations(good)
    unhashed = [each[0] for each in await likeness._store.unhashed(BEYOND, 10)]
    assert len(unhashed) == 1
    assert creation.id not in unhashed


async def test_a_prompt_that_cannot_be_read_stops_none_older(club: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    likeness = club.atelier.gallery.likeness

    async def embed(prompts: Any) -> tuple[bytes, ...]:
        if "poison" in prompts:
            raise UnansweredError("I stumbled.")
        return tuple(bytes(768) for _ in prompts)

    monkeypatch.setattr(likeness._engine, "embed", embed)
    for prompt in ("a fox", "poison", "a hen"):
        await kept(club, prompt=prompt)
    while await likeness.read_some():
        pass
    assert [each.prompt for each in await likeness._store.unread(10)] == ["poison"]


async def test_an_engine_that_can_read_nothing_is_asked_again_later(
    club: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def embed(_prompts: Any) -> tuple[bytes, ...]:
        raise UnansweredError("I can't read.")

    monkeypatch.setattr(club.atelier.gallery.likeness._engine, "embed", embed)
    for prompt in ("a fox", "a hen"):
        await kept(club, prompt=prompt)
    with pytest.raises(UnansweredError):
        await club.atelier.gallery.likeness.read_some()


async def test_a_job_that_cannot_be_read_stops_none_after_it(club: Server, caplog: pytest.LogCaptureFixture) -> None:
    first, second = await asked(club), await asked(club, club.bob)
    async with club.atelier.kernel.store._session.begin() as session:
        await session.execute(text("UPDATE jobs SET request = '{\"mood\": 1}' WHERE id = :id"), {"id": first.id})
    club.atelier.kernel.dispatcher._queue.remove(first.id)
    club.atelier.kernel.dispatcher._queue.remove(second.id)
    for _ in range(2):
        await club.atelier.kernel.dispatcher.recover()
    assert [job.id for job in club.atelier.kernel.dispatcher._queue.waiting()] == [second.id]
    assert caplog.text.count(f"job {first.id} can't be read") == 1


async def test_a_card_of_progress_that_cannot_be_made_ends_no_job(
    club: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> Any:
        raise ValueError("no card")

    monkeypatch.setattr("bot.jobs.progress.progress_card", broken)
    job = await asked(club)
    async with ProgressReporter(club.atelier.kernel.delivery, job) as reporter:
        await logged(caplog, f"progress of job {job.id} can't be shown")
        reporter.report(Progress(job.id, 1, 2, 0.0))


@pytest.fixture
def babbling(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Engine processes that write what is no event; return where each leaves a line."""
    starts = tmp_path / "starts"
    script = tmp_path / "babbling"
    script.write_text(f"#!/bin/sh\necho >> {starts}\nprintf '\\000\\000\\000\\005never'\nexec sleep 60\n")
    script.chmod(0o755)
    monkeypatch.setattr("engine.api.client.sys.executable", str(script))
    monkeypatch.setattr("engine.api.client.RESTART_SECONDS", (0.0, 0.01))
    return starts


async def test_an_engine_that_cannot_be_understood_is_started_again(
    babbling: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine, states = LocalEngine(EngineOptions("starter")), list[EngineState]()

    def told(state: EngineState) -> None:
        states.append(state)
        raise ValueError("nobody listens")

    engine.on_state = told
    async with engine.running():
        await eventually(lambda: babbling.exists() and len(babbling.read_text().splitlines()) > 2)
        await logged(caplog, "could not be started or understood")
    assert states
    assert {type(each) for each in states} <= {Loading, Ready}
    assert isinstance(engine.state, Loading)
