"""A request while the engine works on it: its pictures' slots, what is finished of it, and how far it is."""

import time
from dataclasses import dataclass
from typing import Any

from engine.api.messages import Finished, GenerationRequest, Image, Progress
from engine.canvas import Canvas
from engine.models.loading import Model
from engine.preparation import decode, plan_canvas, prepare_slot
from engine.previews import draw_preview
from engine.results import finish_image
from engine.slots import DenoisingState

PREVIEW_SECONDS = 2.0


class Task:
    """One request, from waiting to finished. `waited` counts the rows that others were given in its place."""

    def __init__(self, request: GenerationRequest, model: Model) -> None:
        self.request = request
        self.waited = 0
        self._model = model
        self._slots: list[DenoisingState] = []
        self._images: dict[int, Image] = {}
        self._canvas: Canvas | None = None
        self._shown_step = 0
        self._opened = self._previewed = 0.0

    @property
    def member(self) -> int:
        """Whose request it is."""
        return self.request.member

    @property
    def is_open(self) -> bool:
        """Whether every picture has its slot."""
        return len(self._slots) == self.request.parameters.num_images

    @property
    def work_left(self) -> int:
        """The remaining steps times rows of all its pictures; guessed from the request before it is open."""
        parameters = self.request.parameters
        unopened = parameters.num_images - len(self._slots)
        rows = 2 if parameters.guidance_scale > 1 else 1
        return unopened * rows * parameters.num_inference_steps + sum(
            slot.steps_left * slot.rows for slot in self._slots
        )

    def prepare_next(self) -> None:
        """Prepare the next picture's slot. Raises RefusedError for what can't be done."""
        if self._canvas is None:
            self._opened = self._previewed = time.perf_counter()
            self._canvas = plan_canvas(self._model, self.request)
        self._slots.append(prepare_slot(self._model, self.request.parameters, self._canvas, len(self._slots)))

    def seats(self) -> list["BatchCandidate"]:
        """Return the pictures that wait for a step, first those that are least far.

        So they come on together, and progress is seen, where a batch has no room for all.
        """
        waiting = sorted((slot for slot in self._slots if slot.steps_left), key=lambda slot: slot.index)
        return [BatchCandidate(self, self._model, slot) for slot in waiting]

    def progress(self) -> Progress | None:
        """Return how far the slowest picture is, if that is news, now and then with a preview of the first."""
        if not self.is_open:
            return None
        step = min(slot.index for slot in self._slots)
        if step <= self._shown_step:
            return None
        self._shown_step = step
        now = time.perf_counter()
        steps = len(self._slots[0].timesteps)
        preview, nsfw = None, 0.0
        if now - self._previewed >= PREVIEW_SECONDS and step < steps and self._canvas is not None:
            painted = self._model.preview(self._slots[0].original())
            preview, nsfw = draw_preview(painted, self._canvas, self._model.safety)
            self._previewed = now
        seconds_left = (now - self._opened) / step * (steps - step)
        return Progress(self.request.id, step, steps, seconds_left, preview, nsfw)

    def decode_one(self) -> bool:
        """Decode one denoised picture; return whether there was one. Raises RefusedError where it came to nothing."""
        for number, slot in enumerate(self._slots):
            if not slot.steps_left and number not in self._images:
                self._images[number] = self._finish(slot, number)
                return True
        return False

    def _finish(self, slot: DenoisingState, number: int) -> Image:
        assert self._canvas is not None  # noqa: S101
        painted = decode(self._model, slot.latents, slot.tile)
        return finish_image(self._model, self.request.parameters, self._canvas, number, painted)

    def finished(self) -> Finished | None:
        """Return the result once all pictures are there."""
        if len(self._images) < self.request.parameters.num_images:
            return None
        images = tuple(self._images[number] for number in sorted(self._images))
        return Finished(self.request.id, images, self._model.name, time.perf_counter() - self._opened)

    def close(self) -> None:
        """Give up the memory of what is not finished."""
        self._slots.clear()


@dataclass(frozen=True, slots=True)
class BatchCandidate:
    """A picture's claim to a place in the next batch."""

    task: Task
    model: Model
    slot: DenoisingState

    @property
    def rows(self) -> int:
        """How many rows of the batch it takes."""
        return self.slot.rows

    @property
    def bucket(self) -> Any:
        """What must be alike in one batch: the model with what is put on top of it, and the size of the latents."""
        return self.model.name, self.slot.loras, self.slot.style_scale, self.slot.tile, self.slot.latents.shape
