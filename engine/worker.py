"""The engine process: reads commands from its standard input, writes events to its standard output.

Started by `LocalEngine`; ends when its input closes, so it never outlives the bot.
"""

import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import IO

from engine.api import wire
from engine.api.messages import (
    Cancel,
    EngineOptions,
    Event,
    GenerationRequest,
    Loading,
    Log,
    Question,
    Ready,
    Unavailable,
)

log = logging.getLogger(__name__)

Commands = SimpleQueue[GenerationRequest | Cancel | None]

# The part of the device's memory that models may fill; the rest is for what is computed with them.
MODELS_SHARE = 0.7


class Pipe:
    """The way of events to the bot; several threads may write."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, event: Event) -> None:
        """Write one event; the bot's end being gone ends the process."""
        with self._lock:
            try:
                self._stream.write(wire.encode(event))
                self._stream.flush()
            except BrokenPipeError:
                os._exit(1)


class LogToPipe(logging.Handler):
    """Sends log records to the bot, which writes one log for both processes."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self._pipe = pipe

    def emit(self, record: logging.LogRecord) -> None:
        """See logging.Handler."""
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self._pipe.send(Log(record.levelno, record.name, record.getMessage(), trace))


def main() -> int:
    """Load the model, then paint until the bot closes the pipe; return the exit code."""
    # Ctrl-C in a terminal reaches the whole group; when this process ends is the bot's to decide.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        options: EngineOptions = wire.read(sys.stdin.buffer)
    except EOFError:
        # The bot ended before it had sent them.
        return 0
    pipe = _claim_stdout()
    logging.basicConfig(level=logging.INFO, handlers=[LogToPipe(pipe)])
    for chatty in ("httpx", "httpcore", "urllib3", "filelock"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    commands: Commands = SimpleQueue()
    questions: SimpleQueue[Question] = SimpleQueue()
    threading.Thread(target=_read_commands, args=(commands, questions), daemon=True).start()

    # Imported here, so that the pipe is in place before torch has taken its seconds. While it is imported,
    # transformers warns of image libraries that nothing here needs.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    from engine.core import Batcher
    from engine.desk import desk_of
    from engine.models.loading import AnyModel, load_model
    from engine.models.shelf import ModelCache
    from engine.models.source import ModelUnavailableError

    def load(name: str, revision: str | None, report: Callable[[Loading], None]) -> AnyModel:
        return load_model(name, revision, options.device, options.precision, report, options.loras, options.memory)

    try:
        model = load(options.model, options.revision, pipe.send)
    except ModelUnavailableError as error:
        log.exception("the model can't be loaded")
        pipe.send(Unavailable(str(error)))
        return 1

    def load_another(name: str) -> AnyModel:
        def report(loading: Loading) -> None:
            log.info("%s", loading.stage)

        return load(name, None, report)

    budget = int(MODELS_SHARE * model.device.total_memory())
    core = Batcher(ModelCache(model, options.more_models, load_another, budget), pipe.send)
    device = model.device
    threading.Thread(target=desk_of(model).serve, args=(questions, pipe.send), daemon=True).start()
    pipe.send(
        Ready(
            model.name,
            device.describe(),
            device.dtype_name,
            model.native_size,
            model.fallback,
            model.world,
            (model.name, *options.more_models),
        )
    )

    def poll() -> None:
        try:
            while True:
                take(commands.get_nowait())
        except Empty:
            return

    def take(command: GenerationRequest | Cancel | None) -> None:
        if command is None:
            sys.exit(0)
        core.take(command)

    while True:
        take(commands.get())
        poll()
        while core.step():
            poll()


def _claim_stdout() -> Pipe:
    """Keep standard output for events: whatever a library prints goes to standard error."""
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return Pipe(stream)


def _read_commands(commands: Commands, questions: SimpleQueue[Question]) -> None:
    """Put each command where it is answered, and None, the end, where pictures are painted."""
    try:
        while True:
            command = wire.read(sys.stdin.buffer)
            if isinstance(command, Question):
                questions.put(command)
            else:
                commands.put(command)
    except EOFError:
        commands.put(None)


if __name__ == "__main__":
    sys.exit(main())
