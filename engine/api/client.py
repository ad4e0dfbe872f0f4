"""The bot's side of the engine: the `Engine` protocol, and `LocalEngine`, which owns the engine process.

No torch here. The process is `python -m engine.worker`; commands go to its standard input, events come
from its standard output. It is started again whenever it ends.
"""

import asyncio
import itertools
import logging
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Protocol, TypeVar

from engine.api import wire
from engine.api.messages import (
    Answer,
    Cancel,
    Cancelled,
    Command,
    Described,
    DescriptionRequest,
    Embedded,
    EmbeddingRequest,
    EngineOptions,
    EngineState,
    Event,
    Failed,
    Finished,
    GenerationRequest,
    Loading,
    Log,
    Question,
    Ready,
    RegionFound,
    RegionRequest,
    RequestEvent,
    Scored,
    ScoreRequest,
    Unanswered,
    Unavailable,
    Weighed,
    WeighingRequest,
)
from engine.api.sentence_model import sentence_model

log = logging.getLogger(__name__)

AnswerKind = TypeVar("AnswerKind", RegionFound, Described, Weighed, Scored, Embedded)

RESTART_SECONDS = (0.0, 1.0, 5.0, 30.0, 60.0)


class EngineDiedError(Exception):
    """The engine process ended while it was working on the request; the request may be tried again."""


class UnansweredError(Exception):
    """A question has no answer, a region isn't in the picture, say; the message is one sentence for the member."""


class Engine(Protocol):
    """Whatever paints: a process of this machine now, a fleet of machines later."""

    @property
    def state(self) -> EngineState:
        """Whether the engine is ready, and if not, why."""
        ...

    async def wait_ready(self) -> None:
        """Return once the engine can take a request."""
        ...

    def generate(self, request: GenerationRequest) -> AsyncGenerator[RequestEvent, None]:
        """Paint: yield `Progress` events, then exactly one of `Finished`, `Failed`, `Cancelled`.

        Waits while the engine isn't ready. Raises EngineDiedError when the work was lost.
        """
        ...

    async def find_region(
        self, image: bytes, description: str = "", at: tuple[float, float] | None = None
    ) -> RegionFound:
        """Return where in a picture is what a description says, or what is at a point; see `RegionRequest`.

        Raises UnansweredError with a sentence for the member, and EngineDiedError when the work was lost.
        """
        ...

    async def describe(self, image: bytes) -> Described:
        """Return prompts for a picture, a PNG file, that would paint one like it. Raises as `find_region` does."""
        ...

    async def weigh(self, prompt: str) -> Weighed:
        """Return how much each word of a prompt matters. Raises as `find_region` does."""
        ...

    async def score(self, image: bytes) -> float:
        """Return how likely a picture, a PNG file, is not safe for work, 0 to 1. Raises as `find_region` does."""
        ...

    @property
    def embeds(self) -> bool:
        """Whether it can say what prompts mean, for which it needs the optional package."""
        ...

    async def embed(self, prompts: Sequence[str]) -> tuple[bytes, ...]:
        """Return the meanings of prompts; see `Embedded.vectors`. Raises as `find_region` does."""
        ...

    async def cancel(self, request_id: int) -> None:
        """Stop a request at its next step; nothing happens where it has ended."""
        ...


class LocalEngine:
    """An engine process of this machine: started, watched, and started again when it dies."""

    # The module that runs as the process.
    worker = "engine.worker"

    def __init__(self, options: EngineOptions) -> None:
        self.state: EngineState = Loading("starting")
        self.on_state: Callable[[EngineState], None] = lambda _state: None
        self._options = options
        self._ready = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._streams: dict[int, asyncio.Queue[RequestEvent | None]] = {}
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._question_ids = itertools.count(1)

    @property
    def pid(self) -> int | None:
        """The process id of the engine, or None while it isn't running."""
        return self._process.pid if self._process else None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the engine process alive inside the block, and end it afterwards."""
        supervisor = asyncio.create_task(self._supervise(), name="engine")
        try:
            yield
        finally:
            supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await supervisor

    async def wait_ready(self) -> None:
        """See `Engine.wait_ready`."""
        await self._ready.wait()

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[RequestEvent, None]:
        """See `Engine.generate`."""
        await self.wait_ready()
        stream: asyncio.Queue[RequestEvent | None] = asyncio.Queue()
        self._streams[request.id] = stream
        ended = False
        try:
            await self._send(request)
            while not ended:
                event = await stream.get()
                if event is None:
                    ended = True
                    raise EngineDiedError
                ended = isinstance(event, Finished | Failed | Cancelled)
                yield event
        finally:
            self._streams.pop(request.id, None)
            if not ended:
                await self.cancel(request.id)

    async def find_region(
        self, image: bytes, description: str = "", at: tuple[float, float] | None = None
    ) -> RegionFound:
        """See `Engine.find_region`."""
        return await self._ask(RegionRequest(next(self._question_ids), image, description, at), RegionFound)

    async def describe(self, image: bytes) -> Described:
        """See `Engine.describe`."""
        return await self._ask(DescriptionRequest(next(self._question_ids), image), Described)

    async def weigh(self, prompt: str) -> Weighed:
        """See `Engine.weigh`."""
        return await self._ask(WeighingRequest(next(self._question_ids), prompt), Weighed)

    async def score(self, image: bytes) -> float:
        """See `Engine.score`."""
        return (await self._ask(ScoreRequest(next(self._question_ids), image), Scored)).nsfw

    @property
    def embeds(self) -> bool:
        """See `Engine.embeds`."""
        return sentence_model() is not None

    async def embed(self, prompts: Sequence[str]) -> tuple[bytes, ...]:
        """See `Engine.embed`."""
        return (await self._ask(EmbeddingRequest(next(self._question_ids), tuple(prompts)), Embedded)).vectors

    async def _ask(self, question: Question, kind: type[AnswerKind]) -> AnswerKind:
        await self.wait_ready()
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answers[question.id] = future
        try:
            await self._send(question)
            answer = await future
        finally:
            del self._answers[question.id]
        if isinstance(answer, Unanswered):
            raise UnansweredError(answer.reason)
        assert isinstance(answer, kind)  # noqa: S101 - one kind of question has one kind of answer
        return answer

    async def cancel(self, request_id: int) -> None:
        """See `Engine.cancel`."""
        with suppress(EngineDiedError):
            await self._send(Cancel(request_id))

    async def _send(self, command: Command) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise EngineDiedError
        try:
            process.stdin.write(wire.encode(command))
            await process.stdin.drain()
        except ConnectionError as error:
            raise EngineDiedError from error

    async def _supervise(self) -> None:
        failures = 0
        while True:
            await asyncio.sleep(RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)])
            try:
                was_ready = await self._run_once()
            except Exception:
                # It could not be started, say, or wrote what is no event: it is started again.
                log.exception("the engine process could not be started or understood")
                was_ready = False
                self._change(Loading("restarting"))
            failures = 0 if was_ready else failures + 1

    async def _run_once(self) -> bool:
        """Run one engine process to its end; return whether it had become ready."""
        became_ready = False
        command = [sys.executable, "-m", self.worker]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **self._options.environment},
        )
        self._process = process
        log.info("engine process started", extra={"pid": process.pid})
        try:
            await self._send(self._options)
            async with aclosing(_events(process)) as events:
                async for event in events:
                    became_ready |= isinstance(event, Ready)
                    self._take(event)
        finally:
            self._process = None
            self._ready.clear()
            await _end(process)
            for stream in self._streams.values():
                stream.put_nowait(None)
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(EngineDiedError())
        if not isinstance(self.state, Unavailable):
            log.error("engine process ended", extra={"exit_code": process.returncode})
            self._change(Loading("restarting"))
        return became_ready

    def _take(self, event: Event) -> None:
        match event:
            case Log():
                text = f"{event.text}\n{event.traceback}" if event.traceback else event.text
                logging.getLogger(event.logger).log(event.level, "%s", text)
            case Loading() | Ready() | Unavailable():
                self._change(event)
            case RegionFound() | Described() | Weighed() | Scored() | Embedded() | Unanswered():
                answer = self._answers.get(event.id)
                if answer is not None and not answer.done():
                    answer.set_result(event)
            case _:
                stream = self._streams.get(event.id)
                if stream is not None:
                    stream.put_nowait(event)

    def _change(self, state: EngineState) -> None:
        self.state = state
        if isinstance(state, Ready):
            self._ready.set()
        try:
            self.on_state(state)
        except Exception:
            log.exception("the engine's new state could not be told")


async def _events(process: asyncio.subprocess.Process) -> AsyncGenerator[Event, None]:
    """Yield the process's events until it closes its output."""
    assert process.stdout is not None  # noqa: S101
    with suppress(asyncio.IncompleteReadError):
        while True:
            (length,) = wire.HEADER.unpack(await process.stdout.readexactly(wire.HEADER.size))
            yield wire.decode(await process.stdout.readexactly(length))


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the process at once, unless it has ended: it holds nothing that would have to be saved."""
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
