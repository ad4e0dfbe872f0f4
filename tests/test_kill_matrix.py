"""Killed at any moment, started again: no job is lost, none is shown twice, no file is left over."""

import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.database.engine import check_sqlite, create_database, migrate
from bot.database.file_references import named_files
from bot.database.file_store import OLD_SECONDS, Files
from bot.database.states import UNFINISHED
from tests.conftest import PATIENCE_SECONDS, eventually
from tests.killed_bot import LOOKS
from tests.outside import Outside, Shown
from tests.pictures import meadow, png

ROOT = Path(__file__).parent.parent
MEMBER = 10
# A part of the card of a job that runs and isn't done.
BAR = "▰"
# What a member reads of a job that was accepted.
ACCEPTED = ("in line", "Starting…", "▰", "▱", "Cancelled.")
# What the cards of ended jobs say, by the status of the job; that of a failed one says why.
END = {"succeeded": "seed", "cancelled": "Cancelled."}

PAINTED = [
    # The first time it is a member's picture that is synced; later that is there already, and it is a result.
    *("after fsync 1", "before Files.put 1", "after Files.put 1", "before Files.put 2", "after Files.put 2"),
    *("before InteractionResponse.defer 1", "after InteractionResponse.defer 1"),
    *("before DraftStore.add 1", "after DraftStore.add 1", "before Store.add_job 1", "after Store.add_job 1"),
    *("before commit 1", "before commit 2", "before commit 3", "before commit 4", "before commit 5"),
    *("before JobQueue.put_nowait 1", "after JobQueue.put_nowait 1"),
    *("before Store.start_job 1", "after Store.start_job 1", "before Files.get 1", "after Files.get 2"),
    *("before Delivery.update 1", "before Delivery._edit 1", "after Delivery._edit 1"),
    "before engine.score 1",
    *("before engine.request 1", "before engine.progress 1", "after engine.progress 1", "after engine.progress 3"),
    *("before engine.end 1", "before Files.put 3", "after fsync 1", "after fsync 2", "after Files.put 4"),
    *("before Store.finish_job 1", "after Store.finish_job 1"),
    *("before Delivery.deliver 1", "before Store.mark_delivered 1", "after Store.mark_delivered 1"),
    "after Delivery.deliver 1",
]
FAILED = ["before Store.fail_job 1", "after Store.fail_job 1", "before Store.mark_delivered 1"]
DIED = [
    "before Store.requeue_job 1",
    "after Store.requeue_job 1",
    "after JobQueue.put_nowait 2",
    "after Store.start_job 2",
]
HANDED_IN = [
    *("before Webhook.send 1", "after Webhook.send 1", "before Store.add_job 1", "after Store.add_job 1"),
    "before JobQueue.put_nowait 1",
]
CANCELLED = [
    *("before Dispatcher.cancel 1", "before engine.cancel 1", "after Dispatcher.cancel 1", "before engine.cancelled 1"),
    *("before Store.cancel_job 2", "after Store.cancel_job 2", "before Store.mark_delivered 1"),
]
CANCELLED_WAITING = [
    *("before Store.cancel_job 1", "after Store.cancel_job 1", "before Delivery.deliver 1"),
    *("before Store.mark_delivered 1", "after Delivery.deliver 1"),
]
HEARTBEAT = ["before Store.renew_leases 1", "after Store.renew_leases 1", "before Store.renew_leases 2"]
# What is crossed by a bot that starts after one that was killed while a job ran, and one whose end was not shown.
RECOVERING = [
    *("before Dispatcher.recover 1", "before Store.lost_jobs 1", "before Store.requeue_job 1"),
    *("after Store.requeue_job 1", "before JobQueue.put_nowait 1", "after Dispatcher.recover 1"),
    *("before Store.undelivered_jobs 1", "before DraftStore.expire 1", "after DraftStore.expire 1"),
]
SHOWING = [
    "before Delivery.deliver 1",
    "before Delivery._edit 1",
    "after Delivery._edit 1",
    "after Store.mark_delivered 1",
]


@dataclass
class Bots:
    """Forks bots on one home and one Discord, and knows what became of them."""

    home: Path
    outside: Outside
    process: asyncio.subprocess.Process
    pid: int = 0
    asked: int = 0

    @property
    def database(self) -> str:
        return f"sqlite+aiosqlite:///{self.home}/atelier.db"

    async def start(self, point: str = "", *, at_start: bool = False, engine: str = "scripted") -> None:
        """Start a bot that kills itself at a point, counted from the start or from `arm`."""
        connections = self.outside.connections
        where = {"home": str(self.home), "address": self.outside.address, "log": str(self.home / "log")}
        assert self.process.stdin
        self.process.stdin.write(json.dumps({**where, "point": point, "at_start": at_start, "engine": engine}).encode())
        self.process.stdin.write(b"\n")
        self.pid = int(await self._line())
        if not at_start:
            await eventually(lambda: self.outside.connections > connections or self._ended())
            assert not self._ended(), self._log()

    def _log(self) -> str:
        path = self.home / "log"
        return path.read_text()[-3000:] if path.exists() else ""

    def _ended(self) -> bool:
        return "the bot ended by itself" in self._log()

    def arm(self) -> None:
        os.kill(self.pid, signal.SIGUSR1)

    async def killed(self, point: str) -> None:
        """Wait until the bot has killed itself."""
        try:
            await asyncio.wait_for(self._dead(), PATIENCE_SECONDS)
        except TimeoutError:
            pytest.fail(f"the point was not reached: {point}")

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        await self._dead()

    async def _dead(self) -> None:
        status = int(await self._line())
        self.pid = 0
        assert status == signal.SIGKILL, self._log()

    async def _line(self) -> str:
        assert self.process.stdout
        return (await self.process.stdout.readline()).decode()

    def rows(self, query: str) -> list[tuple]:
        with closing(sqlite3.connect(self.home / "atelier.db", timeout=PATIENCE_SECONDS)) as database:
            return database.execute(query).fetchall()

    async def ask(self, words: str, user: int = MEMBER, **more: int) -> str:
        """Use /inpaint with a prompt like no other, and more options; return it."""
        self.asked += 1
        prompt = f"{words} number{self.asked:04}"
        options = {"image": "meadow.png", "prompt": prompt, "region": "left", "seed": 2 * self.asked, "count": 2}
        await self.outside.slash("inpaint", user, **options, **more)
        return prompt

    def card(self, prompt: str, text: str = "") -> Shown | None:
        """Return the message that shows a prompt, and a text, where there is one."""
        found = [each for each in self.outside.messages.values() if prompt in each.text and text in each.text]
        return found[-1] if found else None

    async def press(self, prompt: str, label: str, user: int = MEMBER) -> None:
        card = await eventually(lambda: self._with_button(prompt, label))
        await self.outside.press(card, label, user)

    def _with_button(self, prompt: str, label: str) -> Shown | None:
        card = self.card(prompt)
        return card if card and label in card.buttons else None

    async def drained(self) -> None:
        """Wait until every accepted job has ended and was shown; cancel those that would take for ever."""
        pressed: set[str] = set()

        def left() -> list[str]:
            query = "SELECT json_extract(request, '$.prompt') FROM jobs WHERE delivered_at IS NULL"
            return [prompt for (prompt,) in self.rows(query)]

        async with asyncio.timeout(PATIENCE_SECONDS):
            while waiting := left():
                for prompt in waiting:
                    if "long" in prompt and prompt not in pressed and self._with_button(prompt, "Cancel"):
                        pressed.add(prompt)
                        await self.press(prompt, "Cancel")
                await asyncio.sleep(0.01)

    async def check(self) -> None:
        """Check that nothing was lost and nothing is shown twice."""
        assert await check_sqlite(self.database) == []
        jobs = self.rows("SELECT id, status, message_id, reason, json_extract(request, '$.prompt') FROM jobs")
        messages = [message for _, _, message, _, _ in jobs]
        assert len(set(messages)) == len(messages)
        for message in self.outside.messages.values():
            heard = [text for text, _ in message.states if any(word in text for word in ACCEPTED)]
            assert heard == [] or message.id in messages
        for number, status, message_id, reason, prompt in jobs:
            assert status not in UNFINISHED
            end = reason or END[status]
            made = self.rows(f"SELECT file_key FROM creations WHERE job_id = {number}")
            assert len(made) == (2 if status == "succeeded" else 0)
            shown = self.outside.messages[message_id]
            assert end in shown.text, shown.states
            ends = [state for state in shown.states if end in state[0]]
            # An end that may not have been seen is shown again where it was, and nothing else comes after it.
            assert len(set(ends)) == 1
            assert ends[0][1] == len(made)
            assert shown.states[-len(ends) :] == ends
            elsewhere = [each for each in self.outside.messages.values() if prompt in each.text and each is not shown]
            assert [each for each in elsewhere if end in each.text] == []
        keys = await self._named()
        files = Files(self.home / "files")
        assert [key for key in keys if not files.path(key).exists()] == []

    async def _named(self) -> set[str]:
        database = create_database(self.database)
        try:
            return await named_files(database)
        finally:
            await database.dispose()

    async def check_files(self) -> None:
        """Check that an hour later a start leaves only files that a row names."""
        moment = time.time() - OLD_SECONDS - 60
        for path in (self.home / "files").glob("??/*"):
            os.utime(path, (moment, moment))
        keys = await self._named()
        await self.start()
        await eventually(lambda: {path.name for path in (self.home / "files").glob("??/*")} == keys)
        await self.kill()


@asynccontextmanager
async def bots_in(home: Path) -> AsyncIterator[Bots]:
    """Make bots, all on one home and one Discord."""
    bots = None
    await migrate(f"sqlite+aiosqlite:///{home}/atelier.db")
    command, pipe = (sys.executable, "-m", "tests.killed_bot"), asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe)
    try:
        async with Outside({"meadow.png": png(meadow(64, 64))}).serving() as outside:
            bots = Bots(home, outside, process)
            yield bots
    finally:
        if bots and bots.pid:
            await bots.kill()
        assert process.stdin
        process.stdin.close()
        await process.wait()


async def die(bots: Bots, life: str, point: str) -> None:
    """Live a life of jobs with a bot that kills itself at a point of it; `bots` has one running that isn't armed."""
    match life:
        case "painted" | "fails":
            bots.arm()
            await bots.ask(f"a {life} fox")
        case "dies":
            bots.arm()
            await bots.ask(f"a fox dies {random.Random(point).randrange(3)}")
        case "handed in":
            prompt = await bots.ask("a fox", LOOKS)
            await eventually(lambda: bots._with_button(prompt, "Go"))
            bots.arm()
            await bots.press(prompt, "Go", LOOKS)
        case "cancelled":
            prompt = await bots.ask("a long fox")
            await eventually(lambda: bots.card(prompt, BAR))
            bots.arm()
            await bots.press(prompt, "Cancel")
        case "cancelled waiting":
            await bots.ask("a long fox")
            await eventually(lambda: bots.rows("SELECT 1 FROM jobs WHERE status = 'running'"))
            prompt = await bots.ask("a fox")
            await eventually(lambda: bots._with_button(prompt, "Cancel"))
            bots.arm()
            await bots.press(prompt, "Cancel")
        case "heartbeat":
            bots.arm()
            await bots.ask("a long fox")
    await bots.killed(point)


async def handed_in_again(bots: Bots) -> None:
    """Press Go on the drafts that are still there: what was not accepted is not lost either."""
    query = f"SELECT json_extract(request, '$.prompt') FROM drafts WHERE user_id = {LOOKS}"
    for (prompt,) in bots.rows(query):
        card = next(each for each in bots.outside.messages.values() if prompt in each.text and "Go" in each.buttons)
        await bots.outside.press(card, "Go", LOOKS)
    await eventually(lambda: not bots.rows(query))


LIVES = {
    "painted": PAINTED,
    "fails": FAILED,
    "dies": DIED,
    "handed in": HANDED_IN,
    "cancelled": CANCELLED,
    "cancelled waiting": CANCELLED_WAITING,
    "heartbeat": HEARTBEAT,
}


@pytest.mark.parametrize("life", LIVES)
async def test_killed_at_every_point_of_a_jobs_life(life: str, tmp_path: Path) -> None:
    async with bots_in(tmp_path) as bots:
        for point in LIVES[life]:
            await bots.start(point)
            await bots.drained()
            await bots.check()
            await die(bots, life, point)
        await bots.start()
        await handed_in_again(bots)
        await bots.drained()
        await bots.check()
        if life == "handed in":
            assert len(bots.rows("SELECT 1 FROM jobs")) == bots.asked
        await bots.kill()
        await bots.check_files()


@pytest.mark.parametrize(
    ("left", "points"), [("after engine.progress 1", RECOVERING), ("after Store.finish_job 1", SHOWING)]
)
async def test_killed_while_it_takes_up_what_was_left(left: str, points: list[str], tmp_path: Path) -> None:
    async with bots_in(tmp_path) as bots:
        for point in points:
            await bots.start(left)
            await bots.drained()
            await bots.check()
            await die(bots, "painted", left)
            await bots.start(point, at_start=True)
            await bots.killed(point)
        await bots.start()
        await bots.drained()
        await bots.check()
        assert len(bots.rows("SELECT 1 FROM jobs")) == len(points)
        await bots.kill()
        await bots.check_files()


async def test_killed_while_the_real_engine_paints(tmp_path: Path) -> None:
    async with bots_in(tmp_path) as bots:
        await bots.start(engine="real")
        await eventually(lambda: "the engine is ready" in (tmp_path / "log").read_text())
        prompt = await bots.ask("a red cat", steps=100)
        await eventually(lambda: bots.card(prompt, BAR))
        await bots.kill()
        await bots.start(engine="real")
        await bots.drained()
        await bots.check()
        assert bots.rows("SELECT status, lease FROM jobs") == [("succeeded", 2)]


def test_the_matrix_has_points_enough() -> None:
    named = {(life, point) for life, points in LIVES.items() for point in points}
    assert len(named) + len(RECOVERING) + len(SHOWING) >= 60
