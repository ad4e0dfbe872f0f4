"""Pipelines that can't share a batch: run whole, one picture after another, behind the interface of `Task`."""

import copy
import inspect
import time
from collections.abc import Callable
from typing import Any

import torch
from PIL import Image as Pillow

from engine.api.messages import Finished, GenerationRequest, Image, Progress
from engine.canvas import Canvas
from engine.images import opaque, prepare
from engine.models.loading import SoloModel
from engine.preparation import plan_canvas
from engine.refusal import RefusedError
from engine.results import finish_image
from engine.stepped import SteppedCall

NO_TILES = "This model makes no tiles and knows no chaos; leave these two out."


class SoloTask:
    """A request for a pipeline that diffusers has and the batcher has not, FLUX Fill say.

    Its steps are the pipeline's own; it never takes a seat in a batch.
    """

    def __init__(self, request: GenerationRequest, model: SoloModel) -> None:
        self.request = request
        self.waited = 0
        self._model = model
        self._images: list[Image] = []
        self._canvas: Canvas | None = None
        self._call: SteppedCall[Pillow.Image] | None = None
        self._step = 0
        self._shown = 0
        self._opened = 0.0

    @property
    def member(self) -> int:
        """Whose request it is."""
        return self.request.member

    @property
    def work_left(self) -> int:
        """The remaining steps, as far as they can be told beforehand."""
        parameters = self.request.parameters
        return max(1, parameters.num_images * parameters.num_inference_steps - self._step)

    def advance(self) -> None:
        """Let the pipeline do one step of the next picture. Raises whatever it raises."""
        if self._canvas is None:
            if self.request.parameters.tile or self.request.parameters.chaos < 1:
                raise RefusedError(NO_TILES)
            self._opened = time.perf_counter()
            self._canvas = plan_canvas(self._model, self.request)
        if self._call is None:
            number, canvas = len(self._images), self._canvas
            self._call = SteppedCall(lambda pause: self._paint(canvas, number, pause))
        if self._call.advance():
            parameters, number = self.request.parameters, len(self._images)
            self._images.append(finish_image(self._model, parameters, self._canvas, number, self._call.result()))
            self._call = None

    def progress(self) -> Progress | None:
        """Return how far the request is, if that is news."""
        if self._step <= self._shown:
            return None
        self._shown = self._step
        steps = max(self._step, self.request.parameters.num_images * self.request.parameters.num_inference_steps)
        seconds_left = (time.perf_counter() - self._opened) / self._step * (steps - self._step)
        return Progress(self.request.id, self._step, steps, seconds_left)

    def decode_one(self) -> bool:
        """Return whether everything is painted: the pipeline has decoded it already."""
        return len(self._images) == self.request.parameters.num_images

    def finished(self) -> Finished | None:
        """Return the result once all pictures are there."""
        if not self.decode_one():
            return None
        return Finished(self.request.id, tuple(self._images), self._model.name, time.perf_counter() - self._opened)

    def close(self) -> None:
        """Stop the pipeline between two of its steps."""
        if self._call is not None:
            self._call.stop()
            self._call = None

    def _paint(self, canvas: Canvas, number: int, pause: Callable[[], None]) -> Pillow.Image:
        parameters = self.request.parameters

        def on_step_end(_pipeline: Any, _index: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            self._step += 1
            pause()
            return tensors

        width, height = canvas.crop.size
        picture, mask = _pictures(canvas)
        wanted = {
            "prompt": parameters.prompt,
            "negative_prompt": parameters.negative_prompt or None,
            "image": picture,
            "mask_image": mask,
            "width": width,
            "height": height,
            "strength": parameters.strength if canvas.image is not None else 1.0,
            "num_inference_steps": parameters.num_inference_steps,
            "guidance_scale": parameters.guidance_scale,
            "generator": torch.Generator("cpu").manual_seed(parameters.seed + number),
            "callback_on_step_end": on_step_end,
        }
        # The copy shares the weights, but neither scheduler nor settings, with others that take turns with this one.
        pipeline = copy.copy(self._model.pipeline)
        pipeline.scheduler = type(pipeline.scheduler).from_config(pipeline.scheduler.config)
        known = inspect.signature(type(pipeline).__call__).parameters
        return pipeline(**{name: value for name, value in wanted.items() if name in known}).images[0]


def _pictures(canvas: Canvas) -> tuple[Pillow.Image, Pillow.Image]:
    """Return the picture and the mask that a pipeline for inpainting wants; all white where all is new."""
    everything = Pillow.new("L", canvas.crop.size, 255)
    if canvas.image is None:
        return Pillow.new("RGB", canvas.crop.size, "grey"), everything
    if canvas.mask_image is None:
        return opaque(canvas.image).resize(canvas.crop.size, Pillow.Resampling.LANCZOS), everything
    return prepare(canvas.image, canvas.mask_image, canvas.crop)
