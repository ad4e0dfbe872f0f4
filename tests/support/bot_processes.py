"""Start and kill bot processes that share a home and a fake Discord, and check their state."""

import asyncio
import json
import os
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
from bot.database.file_store import OLD_SECONDS, FileStore
from bot.database.states import UNFINISHED
from tests.support.fake_discord import Outside, Shown
from tests.support.images import meadow, png
from tests.support.waiting import PATIENCE_SECONDS, eventually

ROOT = Path(__file__).parents[2]


MEMBER = 10


# What a member reads of a job that was accepted.
ACCEPTED = ("in line", "Starting…", "▰", "▱", "Cancelled.")


# What the cards of ended jobs say, by the status of the job; that of a failed one says why.
END = {"succeeded": "seed", "cancelled": "Cancelled."}


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
        files = FileStore(self.home / "files")
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
    command, pipe = (sys.executable, "-m", "tests.support.killable_bot"), asyncio.subprocess.PIPE
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
