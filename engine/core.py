"""What the engine does next: requests wait in order, one is painted, a cancel takes effect between steps."""

import logging
from collections import deque
from collections.abc import Callable

import torch

from engine.images import read_png, write_png
from engine.messages import (
    Cancel,
    Cancelled,
    Command,
    Failed,
    Finished,
    GenerationRequest,
    Progress,
    RegionAnswer,
    RegionFound,
    RegionMissing,
    RegionRequest,
    RequestEvent,
)
from engine.models.loading import Model
from engine.painter import RequestCancelled, paint
from engine.regions.text_to_mask import NothingFoundError

log = logging.getLogger(__name__)

CANNOT_LOOK = "The model in use can't look for things in a picture; name a side or the center, or give a mask."


class Core:
    """The engine without its process: takes commands, and emits every request's events."""

    def __init__(self, model: Model, emit: Callable[[RequestEvent | RegionAnswer], None]) -> None:
        self._model = model
        self._emit = emit
        self._waiting: deque[GenerationRequest] = deque()
        self._running: int | None = None
        self._cancelled = False

    def take(self, command: Command) -> None:
        """Accept a request, or cancel one that waits or runs; an unknown id to cancel is no error.

        A region is found at once: it takes less time than a denoising step.
        """
        match command:
            case RegionRequest():
                self._emit(self._found(command))
            case GenerationRequest():
                self._waiting.append(command)
            case Cancel(request_id) if request_id == self._running:
                self._cancelled = True
            case Cancel(request_id):
                kept = [request for request in self._waiting if request.id != request_id]
                if len(kept) < len(self._waiting):
                    self._waiting = deque(kept)
                    self._emit(Cancelled(request_id))

    def step(self, poll: Callable[[], None]) -> bool:
        """Paint the next request to its end; return False where none waits.

        `poll` is called between denoising steps, to let new commands reach `take`.
        """
        if not self._waiting:
            return False
        request = self._waiting.popleft()
        self._running, self._cancelled = request.id, False

        def on_progress(progress: Progress) -> None:
            poll()
            if self._cancelled:
                raise RequestCancelled
            self._emit(progress)

        self._emit(self._painted(request, on_progress))
        self._running = None
        return True

    def _found(self, request: RegionRequest) -> RegionAnswer:
        if self._model.text_to_mask is None:
            return RegionMissing(
                request.id, "This model can't look for things; name a side or the center, or give a mask."
            )
        try:
            mask = self._model.text_to_mask.find(read_png(request.image), request.description)
        except NothingFoundError as error:
            return RegionMissing(request.id, str(error))
        return RegionFound(request.id, write_png(mask))

    def _painted(
        self, request: GenerationRequest, on_progress: Callable[[Progress], None]
    ) -> Finished | Failed | Cancelled:
        try:
            return paint(self._model, request, on_progress)
        except RequestCancelled:
            return Cancelled(request.id)
        except torch.OutOfMemoryError:
            log.exception("request %s ran out of memory", request.id)
            torch.cuda.empty_cache()
            return Failed(
                request.id,
                "This needs more memory than the server's graphics card has; ask for fewer pictures.",
            )
        except Exception:
            # The border of the engine: whatever one request breaks, the others go on.
            log.exception("request %s failed", request.id)
            return Failed(request.id, "The painter stumbled over this one; try again with other settings.")
