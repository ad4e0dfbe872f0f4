"""One engine process for the tests of a pytest process: to start one for each test costs six seconds of a core."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace

from engine.api.client import AnswerKind, EngineDiedError, LocalEngine
from engine.api.messages import EngineOptions, EngineState, GenerationRequest, Loading, Question, RequestEvent

_running: dict[str, "_Process"] = {}


@dataclass
class _Process:
    """A real engine that runs until the end of the tests, and who hears of its state."""

    engine: LocalEngine
    supervisor: asyncio.Task[None]
    listeners: list[tuple[Context, "SharedEngine"]] = field(default_factory=list)
    ids: itertools.count = field(default_factory=lambda: itertools.count(1))

    def tell(self, state: EngineState) -> None:
        for context, listener in list(self.listeners):
            context.run(listener.hear, state)


class SharedEngine(LocalEngine):
    """An engine for one test, whose process the next test with the same options uses as well.

    It behaves as a `LocalEngine` does, but for the process: it is "starting" until `running` is entered, and what is
    under way when `running` is left ends with EngineDiedError. Requests get new ids on their way to the process,
    because each test's database counts from 1.
    """

    def __init__(self, options: EngineOptions) -> None:
        super().__init__(options)
        self._process_shared: _Process | None = None
        self._sent: dict[int, int] = {}

    @property
    def pid(self) -> int | None:
        """The process id of the shared engine, or None while this one isn't running."""
        return self._process_shared.engine.pid if self._process_shared else None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Use the shared process inside the block; start it where it isn't."""
        shared = self._process_shared = _shared(self._options)
        listener = (copy_context(), self)
        shared.listeners.append(listener)
        # As news, after what is entered beside it has begun, and not from within this call.
        told = asyncio.get_running_loop().call_soon(self.hear, shared.engine.state)
        try:
            yield
        finally:
            told.cancel()
            shared.listeners.remove(listener)
            self._process_shared = None
            self._ready.clear()
            await self._give_up(shared)
            self._change(Loading("restarting"))

    def hear(self, state: EngineState) -> None:
        """Take the state of the shared process."""
        if isinstance(state, Loading):
            self._ready.clear()
        self._change(state)

    async def _give_up(self, shared: _Process) -> None:
        """End what this engine has asked for and the process has not answered."""
        for number in list(self._sent.values()):
            await shared.engine.cancel(number)
            if stream := shared.engine._streams.get(number):
                stream.put_nowait(None)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(EngineDiedError())

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[RequestEvent, None]:
        """See `Engine.generate`."""
        await self.wait_ready()
        shared = self._shared()
        number = self._sent[request.id] = next(shared.ids)
        try:
            async with aclosing(shared.engine.generate(replace(request, id=number))) as events:
                async for event in events:
                    yield replace(event, id=request.id)
        finally:
            if self._sent.get(request.id) == number:
                del self._sent[request.id]

    async def _ask(self, question: Question, kind: type[AnswerKind]) -> AnswerKind:
        await self.wait_ready()
        engine = self._shared().engine
        asked = asyncio.ensure_future(engine._ask(replace(question, id=next(engine._question_ids)), kind))
        ended = self._answers[question.id] = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait({asked, ended}, return_when=asyncio.FIRST_COMPLETED)
            return await (asked if asked.done() else ended)
        finally:
            del self._answers[question.id]
            asked.cancel()
            if not ended.done():
                ended.cancel()

    async def cancel(self, request_id: int) -> None:
        """See `Engine.cancel`."""
        if self._process_shared and (number := self._sent.get(request_id)):
            await self._process_shared.engine.cancel(number)

    def _shared(self) -> _Process:
        if self._process_shared is None:
            raise EngineDiedError
        return self._process_shared


def _shared(options: EngineOptions) -> _Process:
    """Return the process with these options that runs, or start one."""
    key = repr(options)
    if key not in _running:
        engine = LocalEngine(options)
        # In a context of its own: the test's has SimCord's clock.
        supervisor = asyncio.get_running_loop().create_task(engine._supervise(), name="engine", context=Context())
        shared = _running[key] = _Process(engine, supervisor)
        engine.on_state = shared.tell
    return _running[key]


async def end_shared_engines() -> None:
    """End all processes that tests shared."""
    while _running:
        _, shared = _running.popitem()
        shared.supervisor.cancel()
        with suppress(asyncio.CancelledError):
            await shared.supervisor
