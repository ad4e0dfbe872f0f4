"""A simulated Discord server that runs the real bot."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import discord
import simcord
from PIL import ImageChops

from bot.app import Atelier, built
from bot.config import Settings
from bot.core.clock import now
from bot.core.errors import UserError
from bot.creations.models import Creation
from bot.database.states import UNFINISHED, JobStatus
from bot.jobs.models import Job
from engine.api.client import LocalEngine
from tests.support.cards import card_text
from tests.support.database import put_migrated_database
from tests.support.images import ellipse, meadow, opened, png
from tests.support.shared_engine import SharedEngine
from tests.support.waiting import PATIENCE_SECONDS, Value, eventually_awaited

# Options of /inpaint for seconds of painting: long enough to be looked at, cancelled and interrupted.
LONG = {"steps": 100, "count": 4}


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
        return await self.atelier.kernel.store.jobs(*JobStatus)

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
            now = await self.atelier.kernel.store.job(job.id)
            assert now is not None
            return now if now.delivered and now.status not in UNFINISHED else None

        return await eventually_awaited(ask)

    async def creations(self, job: Job) -> list[Creation]:
        return await self.atelier.kernel.creations.creations_of(job.id)

    async def changed_part(self) -> tuple[int, int, int, int] | None:
        """Wait for the only job's only picture; return the box in which it differs from the meadow."""
        job = await self.shown(await self.job())
        [creation] = await self.creations(job)
        picture = opened(self.atelier.kernel.files.path(creation.file_key).read_bytes())
        return ImageChops.difference(picture, meadow()).getbbox()

    def messages(self) -> list[Any]:
        return self.channel.history(viewer=self.alice)

    def card(self, job: Job) -> Any:
        """Return the message that shows a job, as Discord has it now."""
        return next(message for message in self.messages() if message.id == job.place.message_id)

    def text(self, job: Job) -> str:
        return card_text(self.card(job))


@asynccontextmanager
async def opened_server(
    settings: Settings,
    working: bool = True,
    preview: bool = False,
    clock: Callable[[], datetime] = now,
    engine: LocalEngine | None = None,
) -> AsyncIterator[Server]:
    """Run the bot in a new simulated server; with `working` false nothing beside the client runs.

    `preview` is whether its members look at a region before anything is painted; `clock` is that of the challenges;
    `engine` is one of the test's own, where it kills or changes it, or needs a scripted one.
    """
    async with AsyncExitStack() as stack:
        await put_migrated_database(settings)
        engine = engine or SharedEngine(settings.engine_options())
        atelier = await stack.enter_async_context(built(settings, clock, engine))
        env = await stack.enter_async_context(
            simcord.run(atelier.client, check_errors=False, settle_timeout=PATIENCE_SECONDS)
        )
        guild = env.create_guild("Test")
        channel = guild.create_text_channel("studio")
        alice, bob = (guild.add_member(env.create_user(name)) for name in ("alice", "bob"))
        role = guild.create_role("moderators", permissions=discord.Permissions(manage_messages=True, manage_guild=True))
        moderator = guild.add_member(env.create_user("morgan"), roles=[role])
        for member in (alice, bob, moderator):
            await atelier.kernel.settings.prefer(member.id, preview=preview)
        server = Server(atelier, env, channel, alice, bob, moderator)
        if working:
            server.web_address = await stack.enter_async_context(atelier.working())
        yield server
        refusals = (UserError, *server.tolerated)
        unexpected = [error for error in env.errors if not isinstance(getattr(error, "original", error), refusals)]
        assert unexpected == []


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


@asynccontextmanager
async def restarted(
    server: Server,
    settings: Settings,
    clock: Callable[[], datetime] = now,
    engine: LocalEngine | None = None,
) -> AsyncIterator[Server]:
    """Run a new bot on the same database, in the same simulated server."""
    async with built(settings, clock, engine or SharedEngine(settings.engine_options())) as atelier:
        await server.env.restart_bot(atelier.client)
        async with atelier.working():
            yield Server(atelier, server.env, server.channel, server.alice, server.bob, server.moderator)
