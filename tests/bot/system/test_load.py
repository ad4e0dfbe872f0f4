"""Many members at once: everybody is answered, every job ends, in turn, and nothing of it stays in memory.

What is asserted takes no time into account; the timings of a run are printed (`-s`), and held only by the soak.
"""

import asyncio
import gc
import random
import resource
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, quantiles
from typing import Any

import discord
import pytest

from bot.config import Settings
from bot.core.message_ref import MessageRef
from bot.database.states import JobStatus
from bot.jobs.dispatcher import AT_ONCE
from bot.jobs.models import Job
from bot.jobs.queue import JobQueue
from engine.api.messages import (
    EngineOptions,
    EngineState,
    Finished,
    GenerationRequest,
    Image,
    Progress,
    Ready,
    RequestEvent,
)
from tests.support.images import meadow, png
from tests.support.server import Server, opened_server
from tests.support.waiting import PATIENCE_SECONDS, eventually, eventually_awaited

SOAK_SECONDS = 600
# Half of them hand in as many jobs as are painted meanwhile.
COMMANDS_A_SECOND = 8
READY = Ready("scripted", "nothing", "float32", 128)
PICTURE = png(meadow())


class ScriptedEngine:
    """An engine that paints the same picture at once, in the order in which it is asked."""

    embeds = False

    def __init__(self, _options: EngineOptions) -> None:
        self.state: EngineState = READY
        self.on_state: Callable[[EngineState], None] = lambda _state: None
        self.painting = asyncio.Event()
        self.asked: list[GenerationRequest] = []
        self.step_seconds = 0.02

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        yield

    async def wait_ready(self) -> None:
        await self.painting.wait()

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[RequestEvent, None]:
        self.asked.append(request)
        for step in (1, 2):
            await asyncio.sleep(self.step_seconds)
            yield Progress(request.id, step, 2, self.step_seconds)
        yield Finished(request.id, (Image(PICTURE, 0, 160, 120, 0.0),), "scripted", 0.04)

    async def cancel(self, request_id: int) -> None:
        pass


@dataclass
class Watch:
    """What was measured: seconds to first answers, and of the longest things that the event loop did at a stretch.

    Searches for garbage count apart, because they go through all that the simulated Discord remembers, too.
    """

    answers: list[float] = field(default_factory=list)
    longest: list[tuple[float, str]] = field(default_factory=list)
    searched: float = 0.0
    longest_search: float = 0.0
    resident: list[float] = field(default_factory=list)

    def begin(self) -> None:
        """Forget what the start of it all took."""
        self.answers.clear()
        self.longest.clear()
        self.longest_search = 0.0

    @property
    def percentile(self) -> float:
        return quantiles(self.answers, n=100)[98]

    def said(self) -> str:
        longest = sorted(self.longest, reverse=True)[:5]
        lines = [
            f"{len(self.answers)} first answers: mean {mean(self.answers) * 1000:.0f} ms, "
            f"99th percentile {self.percentile * 1000:.0f} ms, longest {max(self.answers) * 1000:.0f} ms",
            *(f"the loop was held for {seconds * 1000:.0f} ms by {what}" for seconds, what in longest),
        ]
        lines.append(f"the longest search for garbage: {self.longest_search * 1000:.0f} ms")
        if self.resident:
            lines.append("memory in MiB: " + ", ".join(f"{each:.0f}" for each in self.resident))
        return "\n".join(lines)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Measure what this thread's event loop does at a stretch, in the thread's own time: others share the machine."""
    watch, here = Watch(), threading.get_ident()
    run = asyncio.Handle._run  # pyright: ignore[reportAttributeAccessIssue]

    def watched(handle: Any) -> None:
        callback, begun, searched = handle._callback, time.thread_time(), watch.searched
        run(handle)
        took = time.thread_time() - begun - (watch.searched - searched)
        if took > 0.02 and threading.get_ident() == here:
            watch.longest.append((took, repr(getattr(callback, "__self__", callback))[:160]))

    begun_search = 0.0

    def search(phase: str, _about: dict[str, int]) -> None:
        nonlocal begun_search
        if threading.get_ident() != here:
            return
        if phase == "start":
            begun_search = time.thread_time()
            return
        took = time.thread_time() - begun_search
        watch.searched += took
        watch.longest_search = max(watch.longest_search, took)

    monkeypatch.setattr(asyncio.Handle, "_run", watched)
    gc.callbacks.append(search)
    yield watch
    gc.callbacks.remove(search)


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SimCord's members act at the same time, and not wait for the bot to come to rest after each of them."""

    async def go_on(*_given: Any, **_named: Any) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr("simcord.env.Env._settle_internal", go_on)
    monkeypatch.setattr("simcord.env.Env._begin_operation", lambda *_given: None)
    monkeypatch.setattr("simcord.env.Env._end_operation", lambda *_given: None)


@asynccontextmanager
async def crowded(settings: Settings, count: int) -> AsyncIterator[tuple[Server, Any, list[Any]]]:
    """Run the bot with a scripted engine, and so many members."""
    engine: Any = ScriptedEngine(settings.engine_options())
    async with opened_server(settings, engine=engine) as server:
        guild = server.alice.guild
        members = [guild.add_member(server.env.create_user(f"member{number}")) for number in range(count)]
        yield server, server.atelier.kernel.engine, members


async def answered(watch: Watch, server: Server, member: Any, command: str, **options: Any) -> Any:
    """Use a command, and wait for the first that Discord hears of it."""
    begun = time.perf_counter()
    result = await member.slash(server.channel, command, **options)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not result.acknowledged:  # noqa: ASYNC110 - what is asked has no event of its own
            await asyncio.sleep(0.002)
    watch.answers.append(time.perf_counter() - begun)
    return result


async def imagine(watch: Watch, server: Server, member: Any) -> None:
    await answered(watch, server, member, "imagine", prompt="a fox", count=1)


async def look(watch: Watch, server: Server, member: Any, command: str) -> None:
    seen = await answered(watch, server, member, command)
    forget(server, MessageRef(0, server.channel.id, seen.response.id, seen._interaction.token))


def line(server: Server) -> JobQueue:
    return server.atelier.kernel.jobs._queue


def objects(kind: type) -> int:
    gc.collect()
    return sum(type(each) is kind for each in gc.get_objects())


async def ended(server: Server, count: int) -> bool:
    jobs = await server.jobs()
    return len(jobs) == count and all(job.delivered for job in jobs)


async def test_a_crowd_is_painted_in_turn_and_leaves_nothing_behind(
    settings: Settings, watch: Watch, crowd: None
) -> None:
    async with crowded(settings, 40) as (server, engine, members):
        watch.begin()
        for _ in range(10):
            await imagine(watch, server, server.alice)
        for member in members * 2:
            await imagine(watch, server, member)
        await eventually(lambda: line(server).qsize() == 90)
        engine.painting.set()
        await eventually_awaited(lambda: ended(server, 90))
        statuses = [job.status for job in await server.jobs()]
        print(f"\n{watch.said()}")
        await eventually(lambda: max(objects(Job), objects(discord.ui.Container)) < 20)
    assert statuses == [JobStatus.SUCCEEDED] * 90
    # 16 are painted at once, and may begin in another order than they were taken in.
    assert len({request.member for request in engine.asked[: 41 - AT_ONCE]}) == 41 - AT_ONCE
    assert [request.member for request in engine.asked[: 41 + AT_ONCE]].count(server.alice.id) <= 3


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_200_members_and_2000_jobs_for_ten_minutes(settings: Settings, watch: Watch, crowd: None) -> None:
    async with crowded(settings, 200) as (server, engine, members):
        watch.begin()
        for member in members * 10:
            await imagine(watch, server, member)
        await eventually(lambda: line(server).qsize() == 2000)
        print(f"\nwhile 2,000 jobs came:\n{watch.said()}")
        # As `python -m bot run` does when it starts.
        gc.collect()
        gc.freeze()
        await asyncio.sleep(0)
        watch.begin()
        engine.step_seconds = 2.0
        engine.painting.set()
        by_id, forgotten = {member.id: member for member in members}, 0
        draw, until = random.Random(8), time.monotonic() + SOAK_SECONDS
        async with asyncio.TaskGroup() as tasks:
            while time.monotonic() < until:
                if len(engine.asked) > 100 and draw.random() < 0.5:
                    # Whose job has ended has room for another.
                    member = by_id[engine.asked[-draw.randint(AT_ONCE, 100)].member]
                    tasks.create_task(imagine(watch, server, member))
                else:
                    tasks.create_task(look(watch, server, draw.choice(members), draw.choice(("queue", "info"))))
                await asyncio.sleep(draw.expovariate(COMMANDS_A_SECOND))
                if time.monotonic() > until - SOAK_SECONDS + len(watch.resident) * SOAK_SECONDS / 20:
                    for request in engine.asked[forgotten:-100]:
                        job = await server.atelier.kernel.store.job(request.id)
                        assert job is not None
                        forget(server, job.place)
                    forgotten = max(0, len(engine.asked) - 100)
                    server.env.backend.http_requests.clear()
                    server.env.backend.transcript.clear()
                    watch.resident.append(resident_mib())
        print(f"for ten minutes, with {len(engine.asked)} painted and {line(server).qsize()} in line:\n{watch.said()}")
    assert watch.percentile < 1
    assert max(watch.longest, default=(0.0, ""))[0] < 0.1
    assert mean(watch.resident[-5:]) < 1.1 * mean(watch.resident[5:10])


def forget(server: Server, place: MessageRef) -> None:
    """Let the simulated Discord forget a message, so that what is measured is the bot's own memory."""
    backend = server.env.backend
    del backend.messages[place.channel_id][place.message_id]
    del backend.interactions[backend.interaction_by_token(place.interaction_token).id]
    backend.cdn._blobs.clear()


def resident_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
