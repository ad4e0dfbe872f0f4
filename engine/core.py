"""What the engine does next: requests wait in order, one is painted, a cancel takes effect between steps."""

import logging
from collections import deque
from collections.abc import Callable

import torch

from engine.messages import (
    Cancel,
    Cancelled,
    Command,
    Failed,
    Finished,
    GenerationRequest,
    Progress,
    RequestEvent,
)
from engine.models.loading import Model
from engine.painter import RequestCancelled, paint

log = logging.getLogger(__name__)


class Core:
    """The engine without its process: takes commands, and emits every request's events."""

    def __init__(self, model: Model, emit: Callable[[RequestEvent], None]) -> None:
        self._model = model
        self._emit = emit
        self._waiting: deque[GenerationRequest] = deque()
        self._running: int | None = None
        self._cancelled = False

    def take(self, command: Command) -> None:
        """Accept a request, or cancel one that waits or runs; an unknown id to cancel is no error."""
        match command:
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
