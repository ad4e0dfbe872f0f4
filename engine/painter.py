"""One request, from its pictures to the painted ones."""

import copy
import time
from collections.abc import Callable
from typing import Any

import torch
from PIL import Image as Pillow

from engine.images import Crop, paste, plan_crop, prepare, read_png, write_png
from engine.messages import Finished, GenerationRequest, Image, Progress
from engine.models.loading import Model
from engine.previews import draw_preview, predict_original
from engine.schedulers import create_scheduler

PREVIEW_SECONDS = 2.0
PREVIEW_TENSORS = ["latents", "noise_pred"]


class RequestCancelled(Exception):  # noqa: N818
    """Raised by the progress callback to stop a request between two steps."""


def paint(model: Model, request: GenerationRequest, on_progress: Callable[[Progress], None]) -> Finished:
    """Paint the request and return its pictures; `on_progress` is called after every step.

    Every picture has a batch row and a generator of its own, so picture n of several equals, up to the
    rounding of the hardware, the single picture of `seed + n`. Raises ValueError for numbers that leave
    nothing to denoise, and whatever the callback raises.
    """
    started = time.perf_counter()
    parameters = request.parameters
    image, mask_image = read_png(request.image), read_png(request.mask_image)
    crop = plan_crop(mask_image, model.native_size, model.size_multiple)
    part, mask = prepare(image, mask_image, crop)
    seeds = [parameters.seed + n for n in range(parameters.num_images)]
    rows = len(seeds)
    # Shares the weights, but not the scheduler, whose state belongs to one request.
    pipeline = copy.copy(model.pipeline)
    pipeline.scheduler = create_scheduler(parameters.scheduler, model.pipeline.scheduler)
    # The pipeline hands its callback only what this list allows; previews need the model's output too.
    pipeline._callback_tensor_inputs = PREVIEW_TENSORS
    painted = pipeline(
        prompt=[parameters.prompt] * rows,
        negative_prompt=[parameters.negative_prompt] * rows,
        # Once a row: the pipeline draws VAE noise from generator n only for picture n.
        image=[part] * rows,
        mask_image=mask,
        width=crop.size[0],
        height=crop.size[1],
        strength=parameters.strength,
        num_inference_steps=parameters.num_inference_steps,
        guidance_scale=parameters.guidance_scale,
        generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds],
        callback_on_step_end=_Reporter(model, request, image, mask_image, crop, on_progress),
        callback_on_step_end_tensor_inputs=PREVIEW_TENSORS,
    ).images
    images = tuple(
        Image(
            png=write_png(paste(image, picture, mask_image, crop), image.info.get("icc_profile")),
            seed=seed,
            width=image.width,
            height=image.height,
        )
        for picture, seed in zip(painted, seeds, strict=True)
    )
    return Finished(request.id, images, model.name, time.perf_counter() - started)


class _Reporter:
    """The pipeline's callback: counts steps, estimates the time left, draws a preview now and then."""

    def __init__(
        self,
        model: Model,
        request: GenerationRequest,
        image: Pillow.Image,
        mask_image: Pillow.Image,
        crop: Crop,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._latent_rgb = model.latent_rgb
        self._id = request.id
        self._picture = (image, mask_image, crop)
        self._on_progress = on_progress
        self._sample: torch.Tensor | None = None
        self._started = self._previewed = time.perf_counter()

    def __call__(self, pipeline: Any, index: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        now = time.perf_counter()
        done, steps = index + 1, pipeline.num_timesteps
        preview = None
        if self._sample is not None and now - self._previewed >= PREVIEW_SECONDS and done < steps:
            latents = predict_original(tensors["noise_pred"][0], self._sample, float(timestep), pipeline.scheduler)
            preview = draw_preview(latents, self._latent_rgb, *self._picture)
            self._previewed = now
        self._sample = tensors["latents"][0]
        seconds_left = (now - self._started) / done * (steps - done)
        self._on_progress(Progress(self._id, done, steps, seconds_left, preview))
        return {}
