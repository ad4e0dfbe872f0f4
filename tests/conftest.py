import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import discord
import hypothesis
import numpy as np
import pytest
import simcord
import torch
from itsdangerous import TimestampSigner
from PIL import ImageChops

from bot.app import Atelier, built
from bot.config import Settings
from bot.core.clock import now
from bot.core.errors import UserError
from bot.creations.models import Creation
from bot.database.states import UNFINISHED, JobStatus
from bot.jobs.models import Job
from engine.regions.descriptions import SUBJECT
from engine.regions.text_to_mask import TextToMask
from tests import postgres as postgresql
from tests.pictures import ellipse, meadow, opened, png, two_things
from tools.browser import MISSING
from training.artwork import NOUNS, Artwork

# Two test processes share the cores; one thread each is faster than two.
os.environ.setdefault("OMP_NUM_THREADS", "1")

Value = TypeVar("Value")
# How long a test waits for what should come. Other work may share the machine; only a test that fails waits this long.
PATIENCE_SECONDS = 300
# Nor does Hypothesis measure how long an example takes.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")
# Options of /inpaint for seconds of painting: long enough to be looked at, cancelled and interrupted.
LONG = {"steps": 100, "count": 4}


async def eventually(ask: Callable[[], Value | None]) -> Value:
    """Ask again until the answer is true, and return it; fail after `PATIENCE_SECONDS`."""

    async def ask_later() -> Value | None:
        return ask()

    return await eventually_awaited(ask_later)


async def eventually_awaited(ask: Callable[[], Awaitable[Value | None]]) -> Value:
    """Do as `eventually` does, with a question that has to be awaited."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (answer := await ask()):  # noqa: ASYNC110 - what is asked has no event of its own
            await asyncio.sleep(0.02)
        return answer


class Clock:
    """A clock that tests set forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return now() + self.ahead


@dataclass
class Server:
    """A simulated Discord server with the real bot in it, and what tests do there."""

    atelier: Atelier
    env: simcord.Env
    channel: Any
    alice: Any
    bob: Any
    moderator: Any
    web_address: str = ""
    tolerated: tuple[type[BaseException], ...] = ()

    async def inpaint(self, member: Any = None, **options: Any) -> Any:
        """Use /inpaint as a member, with a good picture, mask and prompt where nothing else is said."""
        options = {
            "image": ("meadow.png", png(meadow())),
            "mask": ("mask.png", png(ellipse())),
            "prompt": "a dog in a green meadow",
            "steps": 4,
            **options,
        }
        given = {name: value for name, value in options.items() if value is not None}
        return await (member or self.alice).slash(self.channel, "inpaint", **given)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Run what works beside the client, for a server that was opened idle."""
        with self.env.time_context():
            async with self.atelier.working():
                yield

    async def jobs(self) -> list[Job]:
        return await self.atelier.store.jobs(*JobStatus)

    async def job(self, *, status: JobStatus | None = None) -> Job:
        """Wait for the only job, in a state where one is named."""

        async def ask() -> Job | None:
            found = await self.jobs()
            assert len(found) <= 1
            return next((job for job in found if status in (None, job.status)), None)

        return await eventually_awaited(ask)

    async def shown(self, job: Job) -> Job:
        """Wait until the job has ended and its end was shown."""

        async def ask() -> Job | None:
            now = await self.atelier.store.job(job.id)
            assert now is not None
            return now if now.delivered and now.status not in UNFINISHED else None

        return await eventually_awaited(ask)

    async def creations(self, job: Job) -> list[Creation]:
        return await self.atelier.creations.creations_of(job.id)

    async def changed_part(self) -> tuple[int, int, int, int] | None:
        """Wait for the only job's only picture; return the box in which it differs from the meadow."""
        job = await self.shown(await self.job())
        [creation] = await self.creations(job)
        picture = opened(self.atelier.files.path(creation.file_key).read_bytes())
        return ImageChops.difference(picture, meadow()).getbbox()

    def messages(self) -> list[Any]:
        return self.channel.history(viewer=self.alice)

    def card(self, job: Job) -> Any:
        """Return the message that shows a job, as Discord has it now."""
        return next(message for message in self.messages() if message.id == job.place.message_id)

    def text(self, job: Job) -> str:
        return card_text(self.card(job))


def card_text(message: Any) -> str:
    """Return all text of a components v2 message."""
    return "\n".join(
        item.content for item in _walk(message.components) if isinstance(getattr(item, "content", None), str)
    )


def card_buttons(message: Any) -> list[str]:
    """Return the labels of a message's buttons."""
    return [item.label for item in _walk(message.components) if getattr(item, "label", None)]


def _walk(items: Any) -> Any:
    for item in items:
        yield item
        yield from _walk(getattr(item, "children", []))
        yield from filter(None, [getattr(item, "accessory", None)])


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Take back what a command line that a test calls does to the log, which is the whole process's."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def artwork(tmp_path_factory: pytest.TempPathFactory) -> Artwork:
    """Draw a small orange figure for every noun of the picture-book world, in the format of the real drawings."""
    body = '<circle cx="16" cy="12" r="9" fill="#e08030"/><rect x="10" y="18" width="12" height="12" fill="#b05010"/>'
    icons = {noun.icon: {"body": body} for noun in NOUNS}
    path = tmp_path_factory.mktemp("artwork") / "artwork.json"
    path.write_text(json.dumps({"prefix": "test", "width": 32, "height": 32, "icons": icons}))
    return Artwork(path)


@pytest.fixture(scope="session")
def head() -> TextToMask:
    """A text-to-mask head that was taught one scene of two things and `subject`, in a few seconds."""
    torch.manual_seed(0)
    head = TextToMask(("blue", "hen", "pig", "red", SUBJECT), ("hen", "pig"))
    picture, wanted = two_things()
    names = ["hen", "pig", SUBJECT, "red hen", "blue hen"]
    masks = torch.stack([torch.from_numpy(wanted.get(name, np.zeros((128, 128), bool))) for name in names])
    targets = torch.nn.functional.avg_pool2d(masks.float(), 2)[None]
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
    numbers = head.numbers(names)[None]
    optimizer = torch.optim.Adam(head.parameters(), 4e-3)
    for _ in range(80):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(head(pixels, numbers), targets).backward()
        optimizer.step()
    return head.eval()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once what to install where tests that need a browser were skipped."""
    skipped = sum(MISSING in str(each.longrepr) for each in terminalreporter.stats.get("skipped", []))
    if skipped:
        terminalreporter.write_line(f"{skipped} tests were skipped. {MISSING}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let what is marked with `both_databases` run on SQLite and on PostgreSQL."""
    if "database_url" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_databases"):
        metafunc.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgresql.Postgres]:
    """A PostgreSQL server."""
    with postgresql.running() as server:
        yield server


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The address of a new database where it isn't SQLite in the home."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield None
        return
    with request.getfixturevalue("postgres").database() as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, database_url: str | None) -> Settings:
    return Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue]
        home=tmp_path,
        database_url=database_url,
        model="starter",
        web_port=0,
    )


@asynccontextmanager
async def opened_server(
    settings: Settings, working: bool = True, preview: bool = False, clock: Callable[[], datetime] = now
) -> AsyncIterator[Server]:
    """Run the bot in a new simulated server; with `working` false nothing beside the client runs.

    `preview` is whether its members look at a region before anything is painted; `clock` is that of the challenges.
    """
    async with AsyncExitStack() as stack:
        atelier = await stack.enter_async_context(built(settings, clock))
        env = await stack.enter_async_context(
            simcord.run(atelier.client, check_errors=False, settle_timeout=PATIENCE_SECONDS)
        )
        guild = env.create_guild("Test")
        channel = guild.create_text_channel("studio")
        alice, bob = (guild.add_member(env.create_user(name)) for name in ("alice", "bob"))
        role = guild.create_role("moderators", permissions=discord.Permissions(manage_messages=True, manage_guild=True))
        moderator = guild.add_member(env.create_user("morgan"), roles=[role])
        for member in (alice, bob, moderator):
            await atelier.preferences.prefer(member.id, preview=preview)
        server = Server(atelier, env, channel, alice, bob, moderator)
        if working:
            server.web_address = await stack.enter_async_context(atelier.working())
        yield server
        refusals = (UserError, *server.tolerated)
        unexpected = [error for error in env.errors if not isinstance(getattr(error, "original", error), refusals)]
        assert unexpected == []


@pytest.fixture
async def idle_server(settings: Settings) -> AsyncIterator[Server]:
    """A server in which nothing runs beside the client: what is accepted stays in line."""
    async with in_one_task(opened_server(settings, working=False)) as running:
        yield running


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    """A server in which everything runs."""
    async with in_one_task(opened_server(settings)) as running:
        yield running


@pytest.fixture
async def studio(settings: Settings) -> AsyncIterator[Server]:
    """A server in which nothing runs beside the client, and whose members look ahead."""
    async with in_one_task(opened_server(settings, working=False, preview=True)) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def aged(monkeypatch: pytest.MonkeyPatch):
    """Return how to let links look older than they are."""
    real = TimestampSigner.get_timestamp

    def age(seconds: int) -> None:
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda signer: real(signer) + seconds)

    return age


@pytest.fixture
async def club(settings: Settings, clock: Clock) -> AsyncIterator[Server]:
    """A server with a clock of its own, in which nothing runs beside the client."""
    async with in_one_task(opened_server(settings, working=False, clock=clock)) as running:
        yield running


@asynccontextmanager
async def in_one_task(context: AbstractAsyncContextManager[Value]) -> AsyncIterator[Value]:
    """Enter and leave a context in one task, because SimCord's clock belongs to a task's own context."""
    entered: asyncio.Future[Value] = asyncio.get_running_loop().create_future()
    leave = asyncio.Event()

    async def live() -> None:
        async with context as value:
            entered.set_result(value)
            await leave.wait()

    life = asyncio.create_task(live())
    await asyncio.wait({life, entered}, return_when=asyncio.FIRST_COMPLETED)
    if life.done():
        await life
    yield entered.result()
    leave.set()
    await life
