"""The bot as a process that can be killed, between any two steps of a job's life.

`python -m tests.support.killable_bot` imports everything once, and forks a bot for each line of JSON that it reads:
with what home, on which Discord (`tests/support/fake_discord.py`), and at which point it kills itself, which counts
from SIGUSR1 on, or from the start. The bot is all real but its engine, which follows a script: what a prompt says.
Points are crossed at the edges of the parts: before and after the public methods of stores, files, queue, delivery,
Discord and engine, before every sync of a file and every commit. `before FileStore.put 2` is the second time.
"""

import asyncio
import inspect
import json
import logging
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
from sqlalchemy import Engine as DatabaseEngine
from sqlalchemy import event

import bot.app
from bot.config import Settings
from bot.database.file_store import FileStore
from bot.drafts.store import DraftStore
from bot.jobs.delivery import Delivery
from bot.jobs.dispatcher import Dispatcher
from bot.jobs.queue import JobQueue
from bot.jobs.store import JobStore
from engine.api.client import EngineDiedError
from engine.api.messages import (
    Cancelled,
    EngineState,
    Failed,
    Finished,
    GenerationRequest,
    Image,
    Progress,
    Ready,
    RequestEvent,
)
from tests.support.images import meadow, png

# Looks at a region before it is painted; everybody else doesn't.
LOOKS = 11
# Long enough for the card to be shown meanwhile.
STEP_SECONDS = 0.03
EDGES: tuple[tuple[type, tuple[str, ...]], ...] = (
    (discord.InteractionResponse, ("defer",)),
    (discord.Webhook, ("send",)),
    (FileStore, ("put", "get")),
    (DraftStore, ("add", "expire")),
    (
        JobStore,
        (
            *("add_job", "start_job", "requeue_job", "fail_job", "cancel_job", "finish_job", "mark_delivered"),
            *("renew_leases", "lost_jobs", "undelivered_jobs"),
        ),
    ),
    (JobQueue, ("put_nowait",)),
    (Delivery, ("update", "deliver", "_edit")),
    (Dispatcher, ("cancel", "recover")),
)


class Points:
    """Counts the points that are crossed, and kills the process at one of them."""

    def __init__(self) -> None:
        self.point = ""
        self.armed = False
        self._crossed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def arm(self, *_: object) -> None:
        self.armed = True

    def cross(self, name: str) -> None:
        if not self.armed:
            return
        with self._lock:
            self._crossed[name] += 1
            if self.point == f"{name} {self._crossed[name]}":
                os.kill(os.getpid(), signal.SIGKILL)


points = Points()


def watch(owner: type, name: str) -> None:
    """Cross a point before and after each call of a method."""
    method: Callable[..., Any] = getattr(owner, name)
    label = f"{owner.__name__}.{name}"

    @wraps(method)
    async def awaited(*arguments: Any, **options: Any) -> Any:
        points.cross(f"before {label}")
        result = await method(*arguments, **options)
        points.cross(f"after {label}")
        return result

    @wraps(method)
    def called(*arguments: Any, **options: Any) -> Any:
        points.cross(f"before {label}")
        result = method(*arguments, **options)
        points.cross(f"after {label}")
        return result

    setattr(owner, name, awaited if inspect.iscoroutinefunction(method) else called)


class ScriptedEngine:
    """Paints at once what a prompt says: it `fails`, takes `long`, `dies 2` after its second event, or is done."""

    embeds = False

    def __init__(self) -> None:
        self.state: EngineState = Ready("scripted", "cpu", "fp32", 64)
        self.on_state: Callable[[EngineState], None] = lambda _state: None
        self._cancelled: set[int] = set()
        self._deaths: set[int] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        yield

    async def wait_ready(self) -> None:
        pass

    async def cancel(self, request_id: int) -> None:
        points.cross("before engine.cancel")
        self._cancelled.add(request_id)

    async def score(self, _image: bytes) -> float:
        points.cross("before engine.score")
        return 0.0

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[RequestEvent, None]:
        points.cross("before engine.request")
        words = request.parameters.prompt.split()
        dies = int(words[words.index("dies") + 1]) if "dies" in words and request.id not in self._deaths else None
        for step in range(10**9 if "long" in words else 3):
            if step == dies:
                self._deaths.add(request.id)
                raise EngineDiedError
            if request.id in self._cancelled:
                points.cross("before engine.cancelled")
                yield Cancelled(request.id)
                return
            points.cross("before engine.progress")
            yield Progress(request.id, step + 1, 3, 0.0)
            points.cross("after engine.progress")
            await asyncio.sleep(STEP_SECONDS)
        points.cross("before engine.end")
        if "fails" in words:
            yield Failed(request.id, "It can't be painted.")
            return
        seed, count = request.parameters.seed, request.parameters.num_images
        seeds = range(seed, seed + count)
        images = [Image(png(meadow(16 + each % 50, 16 + each // 50 % 50)), each, 16, 16, 0.0) for each in seeds]
        yield Finished(request.id, tuple(images), "scripted", 0.01)


async def live(home: Path, address: str, engine: str) -> None:
    """Run the bot on the Discord at an address, until it is killed."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, points.arm)
    settings = Settings(_env_file=None, home=home, model="starter", web_port=0, running_a_member=1)  # pyright: ignore[reportCallIssue]
    scripted: Any = None if engine == "real" else ScriptedEngine()
    async with bot.app.built(settings, engine=scripted) as atelier, atelier.client as client:
        for user in range(LOOKS):
            await atelier.kernel.settings.prefer(user, preview=False)
        client._connection.guild_ready_timeout = 0.01
        async with atelier.working():
            Route.BASE = f"http://{address}/api"
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"ws://{address}/gateway")
            await client.start("token")


def main() -> None:
    """Fork a bot for each line, and say with which number it ends and how it did."""
    for owner, names in EDGES:
        for name in names:
            watch(owner, name)
    fsync = os.fsync

    def synced(file: int) -> None:
        fsync(file)
        points.cross("after fsync")

    os.fsync = synced
    event.listen(DatabaseEngine, "commit", lambda _connection: points.cross("before commit"))
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            logging.basicConfig(filename=asked["log"], level=logging.INFO)
            points.point, points.armed = asked["point"], asked["at_start"]
            try:
                asyncio.run(live(Path(asked["home"]), asked["address"], asked["engine"]))
            except BaseException:
                logging.exception("the bot ended by itself")
            os._exit(1)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
