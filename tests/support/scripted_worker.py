"""An engine process without torch: it starts in a tenth of a second, and paints the same picture in as many steps."""

import os
import sys
import threading
from queue import Empty, SimpleQueue

from engine.api import wire
from engine.api.client import LocalEngine
from engine.api.messages import (
    Cancel,
    Cancelled,
    EngineOptions,
    Event,
    Finished,
    GenerationRequest,
    Image,
    Loading,
    Progress,
    Ready,
    Scored,
    ScoreRequest,
)
from tests.support.images import meadow, png

# Long enough for a card to be edited while the longest job runs.
STEP_SECONDS = 0.05


class ScriptedProcess(LocalEngine):
    """A real `LocalEngine`, whose process is this module."""

    worker = "tests.support.scripted_worker"


def main() -> None:
    """Paint all requests at once, a step of each in turn, until the input closes."""
    out = os.fdopen(os.dup(1), "wb")

    def send(event: Event) -> None:
        out.write(wire.encode(event))
        out.flush()

    send(Loading("loading"))
    send(Ready("scripted", "cpu", "fp32", 256))
    commands: SimpleQueue[object] = SimpleQueue()
    threading.Thread(target=_read, args=(commands,), daemon=True).start()
    steps: dict[int, tuple[GenerationRequest, int]] = {}
    while True:
        try:
            while True:
                match commands.get(timeout=STEP_SECONDS):
                    case None:
                        return
                    case EngineOptions():
                        pass
                    case GenerationRequest(number) as request:
                        steps[number] = (request, 0)
                    case Cancel(number) if steps.pop(number, None):
                        send(Cancelled(number))
                    case ScoreRequest(number):
                        send(Scored(number, 0.0))
        except Empty:
            pass
        for number, (request, done) in list(steps.items()):
            wanted = request.parameters.num_inference_steps
            if done < wanted:
                steps[number] = (request, done + 1)
                send(Progress(number, done + 1, wanted, STEP_SECONDS * (wanted - done)))
                continue
            del steps[number]
            seeds = range(request.parameters.seed, request.parameters.seed + request.parameters.num_images)
            images = tuple(Image(png(meadow()), seed, 160, 120, 0.0) for seed in seeds)
            send(Finished(number, images, "scripted", STEP_SECONDS * wanted))


def _read(commands: SimpleQueue[object]) -> None:
    try:
        while True:
            commands.put(wire.read(sys.stdin.buffer))
    except EOFError:
        commands.put(None)


if __name__ == "__main__":
    main()
