"""The whole engine in one `step`: requests join and leave between steps, and share one call of the UNet.

The policy decides who takes part, the runner computes, and each picture's slot keeps its own state. Beside the UNet,
a step prepares at most one picture and decodes at most one, so that nobody waits long for what another one needs once.
"""

import logging
from collections.abc import Callable

import torch

from engine.api.messages import Cancel, Cancelled, Failed, Finished, GenerationRequest, Progress, RequestEvent, Terminal
from engine.models.loading import AnyModel, Model
from engine.models.shelf import ModelCache
from engine.policy import choose, in_turn
from engine.refusal import RefusedError
from engine.solo import SoloTask
from engine.tasks import BatchCandidate, Task

log = logging.getLogger(__name__)

AnyTask = Task | SoloTask

STUMBLED = "The painter stumbled over this one; try again with other settings."
TOO_LARGE = "This needs more memory than the server's graphics card has; ask for a smaller picture."


class Batcher:
    """The engine without its process: takes commands, and emits every request's events."""

    def __init__(self, shelf: ModelCache, emit: Callable[[RequestEvent], None]) -> None:
        self._shelf = shelf
        self._emit = emit
        self._tasks: dict[int, AnyTask] = {}

    def take(self, command: GenerationRequest | Cancel) -> None:
        """Accept a request, or end one that waits or runs; an unknown id to cancel is no error."""
        match command:
            case GenerationRequest():
                self._accept(command)
            case Cancel(request_id) if request_id in self._tasks:
                self._end(self._tasks[request_id], Cancelled(request_id))
            case Cancel():
                pass

    def step(self) -> bool:
        """Do one step of whoever's turn it is; return False where there is nothing to do."""
        order = in_turn(self._tasks.values())
        self._paint_alone([task for task in order if isinstance(task, SoloTask)])
        batched = [task for task in order if isinstance(task, Task)]
        self._prepare_one(batched)
        seats = [seat for task in batched if task.is_open for seat in task.seats()]
        if seats:
            self._denoise(choose(seats, seats[0].model.runner.max_rows))
        self._decode_one(order)
        return bool(self._tasks)

    def _accept(self, request: GenerationRequest) -> None:
        try:
            model = self._shelf.get(request.parameters.model)
        except RefusedError as error:
            self._emit(Failed(request.id, str(error)))
            return
        self._tasks[request.id] = Task(request, model) if isinstance(model, Model) else SoloTask(request, model)

    def _prepare_one(self, order: list[Task]) -> None:
        """Prepare a picture of the first request that isn't ready, unless those before it fill a batch."""
        rows = 0
        for task in order:
            if not task.is_open:
                self._guarded(task, task.prepare_next)
                return
            seats = task.seats()
            rows += sum(seat.rows for seat in seats)
            if seats and rows >= seats[0].model.runner.max_rows:
                return

    def _paint_alone(self, order: list[SoloTask]) -> None:
        """Do one step of the first request whose pipeline shares no batch."""
        for task in order[:1]:
            self._guarded(task, task.advance)
            self._report(task)

    def _denoise(self, batch: list[BatchCandidate]) -> None:
        model, first = batch[0].model, batch[0].slot
        try:
            model.loras.use(first.loras)
            model.style.use(first.style_scale)
            model.tiling.use(first.tile)
            outputs = model.runner.predict([seat.slot for seat in batch])
            for seat, output in zip(batch, outputs, strict=True):
                seat.slot.advance(output)
        except torch.OutOfMemoryError:
            self._after_lack_of_memory(batch)
            return
        except Exception:
            log.exception("a batch of %s failed", len(batch))
            self._after_failure(batch)
            return
        self._count_turns(batch)
        for task in dict.fromkeys(seat.task for seat in batch):
            self._report(task)

    def _report(self, task: AnyTask) -> None:
        if task.request.id in self._tasks and (progress := task.progress()):
            self._emit(progress)

    def _count_turns(self, batch: list[BatchCandidate]) -> None:
        rows = sum(seat.rows for seat in batch)
        served: set[AnyTask] = {seat.task for seat in batch}
        for task in self._tasks.values():
            if task not in served:
                task.waited += rows

    def _after_lack_of_memory(self, batch: list[BatchCandidate]) -> None:
        """Go on with smaller batches; a picture that doesn't even fit alone is given up."""
        torch.cuda.empty_cache()
        if len(batch) > 1 and batch[0].model.runner.retreat():
            return
        for task in {seat.task for seat in batch}:
            self._end(task, Failed(task.request.id, TOO_LARGE))

    def _after_failure(self, batch: list[BatchCandidate]) -> None:
        """Find the one that breaks the batch: whatever one request breaks, the others go on."""
        if len(batch) > 1:
            for seat in batch:
                if seat.task.request.id in self._tasks:
                    self._denoise([seat])
            return
        task = batch[0].task
        self._end(task, Failed(task.request.id, STUMBLED))

    def _decode_one(self, order: list[AnyTask]) -> None:
        for task in order:
            if task.request.id in self._tasks and self._guarded(task, task.decode_one):
                if finished := task.finished():
                    self._end(task, finished)
                return

    def _guarded(self, task: AnyTask, work: Callable[[], bool | None]) -> bool:
        """Do work for one request and return what it says; end the request where it fails."""
        try:
            return bool(work())
        except RefusedError as error:
            self._end(task, Failed(task.request.id, str(error)))
        except torch.OutOfMemoryError:
            log.exception("request %s ran out of memory", task.request.id)
            torch.cuda.empty_cache()
            self._end(task, Failed(task.request.id, TOO_LARGE))
        except Exception:
            log.exception("request %s failed", task.request.id)
            self._end(task, Failed(task.request.id, STUMBLED))
        return False

    def _end(self, task: AnyTask, event: Terminal) -> None:
        del self._tasks[task.request.id]
        task.close()
        self._emit(event)


def paint(model: AnyModel, request: GenerationRequest, on_progress: Callable[[Progress], None]) -> Terminal:
    """Paint one request with no process around it, and return how it ended; `on_progress` hears of every step."""
    ended: list[Terminal] = []

    def take(event: RequestEvent) -> None:
        match event:
            case Progress():
                on_progress(event)
            case Finished() | Failed() | Cancelled():
                ended.append(event)

    core = Batcher(ModelCache(model), take)
    core.take(request)
    while core.step():
        pass
    return ended[0]
