"""The stages before and after denoising: from a request to slots, and from latents to a picture.

The order in which random numbers are drawn is that of diffusers' pipelines for inpainting, image to image and text to
image, so that the same seed gives the very picture that they give.
"""

import math
from typing import Any

import numpy as np
import torch
from diffusers.image_processor import VaeImageProcessor
from PIL import Image as Pillow

from engine.api.messages import GenerationParameters, GenerationRequest
from engine.api.places import NAMED_REGIONS
from engine.canvas import Canvas
from engine.images import Crop, opaque, plan_crop, plan_whole, prepare, read_png, with_margins
from engine.models.loading import AnyModel, Model
from engine.models.loras import take_loras
from engine.prompts import Part, split_parts
from engine.refusal import RefusedError
from engine.schedulers import create_scheduler
from engine.slots import DenoisingState, Guidance, Surroundings
from engine.words import Words

# How much the prompt of the whole picture counts where an element has its place.
WHOLE_SHARE = 0.25
# Areas in those of the model's own size: the largest that is painted, and from where on it is decoded in tiles.
MAX_AREA = 4
TILED_FROM = 2


def plan_canvas(model: AnyModel, request: GenerationRequest) -> Canvas:
    """Read the request's pictures and choose the sizes. Raises RefusedError for a size that the model can't paint."""
    image, mask_image, style_image = (
        read_png(file) if file is not None else None
        for file in (request.image, request.mask_image, request.style_image)
    )
    if image is not None and any(request.margins):
        image, mask_image = with_margins(image, mask_image, request.margins)
    native_size, multiple = model.native_size, model.size_multiple
    if image is not None and mask_image is not None:
        crop = plan_crop(mask_image, native_size, multiple)
        return Canvas(image.size, crop, image, mask_image, style_image)
    if image is not None and not (request.parameters.width or request.parameters.height):
        crop = plan_whole(image.size, native_size, multiple)
        return Canvas(crop.size, crop, image, None, style_image)
    size = _asked_size(model, request.parameters)
    return Canvas(size, Crop((0, 0, *(image.size if image else size)), size), image, None, style_image)


def _asked_size(model: AnyModel, parameters: GenerationParameters) -> tuple[int, int]:
    multiple = model.size_multiple
    width, height = (
        max(multiple, round((side or model.native_size) / multiple) * multiple)
        for side in (parameters.width, parameters.height)
    )
    if width * height > MAX_AREA * model.native_size**2:
        raise RefusedError(
            f"{width} × {height} pixels are too many for this model; "
            f"ask for no more than {2 * model.native_size} × {2 * model.native_size}."
        )
    return width, height


@torch.inference_mode()
def prepare_slot(model: Model, parameters: GenerationParameters, canvas: Canvas, number: int) -> DenoisingState:
    """Return the slot of picture `number` of a request, ready for its first step.

    Raises RefusedError for parameters that can't be, or leave nothing to denoise.
    """
    pipeline = model.pipeline
    tile = parameters.tile and canvas.mask_image is None
    model.tiling.use(tile)
    generator = torch.Generator("cpu").manual_seed(parameters.seed + number)
    scheduler = create_scheduler(parameters.scheduler, pipeline.scheduler, parameters.num_inference_steps)
    timesteps = _timesteps(scheduler, parameters.strength if canvas.image is not None else 1.0)
    prompt, loras = take_loras(parameters.prompt)
    model.loras.use(loras)
    parts = split_parts(prompt)
    weights = _part_weights(parts, canvas, pipeline.vae_scale_factor)
    guidance = Guidance(
        parameters.guidance_scale, parameters.guidance_rescale, None if weights is None else _on(model, weights)
    )
    texts = [part.text for part in parts]
    words = model.words.encode([parameters.negative_prompt, *texts] if guidance.is_free else texts, loras)
    if guidance.is_free and not parameters.negative_prompt and pipeline.config.get("force_zeros_for_empty_prompt"):
        words = _with_first_zero(words)

    style = model.style.encode(opaque(canvas.style_image)) if canvas.style_image is not None else None
    stages = _Stages(model, generator)
    picture, mask = _pixels(canvas)
    is_inpainting = pipeline.unet.config.in_channels == 9
    is_strength_max = len(timesteps) == len(scheduler.timesteps)
    # A model for text to image needs the picture to keep what is outside the mask.
    keeps = not is_inpainting and canvas.mask_image is not None
    image_latents = stages.encode(picture) if keeps or not is_strength_max else None
    noise = _spread(stages.noise(canvas.crop.size), model, parameters, canvas, number)
    if is_strength_max or image_latents is None:
        latents = noise * scheduler.init_noise_sigma
    else:
        latents = scheduler.add_noise(image_latents, noise, timesteps[:1])
    if keeps:
        # For masked latents, which diffusers' pipeline draws here too, and does not use.
        stages.noise(canvas.crop.size)
    cells = torch.nn.functional.interpolate(mask, scale_factor=1 / pipeline.vae_scale_factor)
    cells = _on(model, cells)
    return DenoisingState(
        latents=latents,
        embeddings=words.embeddings,
        guidance=guidance,
        scheduler=scheduler,
        timesteps=timesteps,
        generator=generator,
        conditioning=torch.cat([cells, stages.encode(picture * (mask < 0.5))], dim=1) if is_inpainting else None,
        surroundings=Surroundings(cells, image_latents, noise) if keeps and image_latents is not None else None,
        added=_added(words, canvas.crop.size) | _style_rows(style, words, guidance.is_free),
        loras=loras,
        style_scale=None if style is None else parameters.style_scale,
        tile=tile,
    )


def _with_first_zero(words: Words) -> Words:
    """Return the words with nothing for the first, as SDXL was trained to see no negative prompt."""
    embeddings, pooled = words.embeddings.clone(), words.pooled
    embeddings[0] = 0
    if pooled is not None:
        pooled = pooled.clone()
        pooled[0] = 0
    return Words(embeddings, pooled)


def _added(words: Words, size: tuple[int, int]) -> dict[str, torch.Tensor]:
    """Return SDXL's further conditions: the pooled prompts, and the size of a picture that was not cropped."""
    if words.pooled is None:
        return {}
    width, height = size
    numbers = torch.tensor([height, width, 0, 0, height, width], dtype=words.pooled.dtype, device=words.pooled.device)
    return {"text_embeds": words.pooled, "time_ids": numbers.expand(len(words.pooled), -1)}


def _style_rows(style: torch.Tensor | None, words: Words, is_free: bool) -> dict[str, torch.Tensor]:
    """Return the style for every row, and none for the unconditional one."""
    if style is None:
        return {}
    rows = style.expand(len(words.embeddings), -1, -1).clone()
    if is_free:
        rows[0] = 0
    return {"image_embeds": rows}


def _timesteps(scheduler: Any, strength: float) -> torch.Tensor:
    """Return the timesteps that a strength leaves, on the CPU, and let the scheduler begin there."""
    total = scheduler.num_inference_steps if hasattr(scheduler, "num_inference_steps") else len(scheduler.timesteps)
    start = max(total - min(int(total * strength), total), 0) * scheduler.order
    timesteps = scheduler.timesteps[start:].cpu()
    if len(timesteps) == 0 or int(total * strength) < 1:
        raise RefusedError("So few steps at so low a strength change nothing; raise one of the two.")
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(start)
    return timesteps


def _pixels(canvas: Canvas) -> tuple[torch.Tensor, torch.Tensor]:
    """Return picture (1, 3, height, width), -1 to 1, and mask (1, 1, height, width), 0 or 1, of what is painted."""
    width, height = canvas.crop.size
    if canvas.image is None:
        return torch.zeros(1, 3, height, width), torch.ones(1, 1, height, width)
    if canvas.mask_image is None:
        picture = opaque(canvas.image).resize(canvas.crop.size, Pillow.Resampling.LANCZOS)
        return _tensor(picture), torch.ones(1, 1, height, width)
    picture, mask = prepare(canvas.image, canvas.mask_image, canvas.crop)
    return _tensor(picture), torch.from_numpy(np.asarray(mask) >= 128).float()[None, None]


def _tensor(picture: Pillow.Image) -> torch.Tensor:
    processor: Any = VaeImageProcessor()
    return processor.preprocess(picture)


def _part_weights(parts: list[Part], canvas: Canvas, cell: int) -> torch.Tensor | None:
    """Return how much each part counts in every latent cell, (parts, 1, h, w) or (parts, 1, 1, 1); None for one."""
    if len(parts) == 1:
        return None
    if not any(part.place for part in parts):
        weights = torch.tensor([part.weight for part in parts])[:, None, None, None]
        return weights / weights.sum()
    size = (canvas.crop.size[0] // cell, canvas.crop.size[1] // cell)
    maps = [_place_map(part.place, canvas, size) for part in parts[1:]]
    covered = torch.stack(maps).amax(dim=0)
    weights = torch.stack([1 - (1 - WHOLE_SHARE) * covered, *((1 - WHOLE_SHARE) * each for each in maps)])
    return (weights / weights.sum(dim=0, keepdim=True))[:, None]


def _place_map(place: str, canvas: Canvas, size: tuple[int, int]) -> torch.Tensor:
    """Return how far each latent cell lies in a place of the whole picture, (h, w), 0 to 1."""
    left, upper, right, lower = NAMED_REGIONS[place]
    width, height = canvas.size
    whole = Pillow.new("L", canvas.size)
    whole.paste(255, (round(left * width), round(upper * height), round(right * width), round(lower * height)))
    part = whole.crop(canvas.crop.box) if canvas.mask_image is not None else whole
    return torch.from_numpy(np.asarray(part.resize(size, Pillow.Resampling.BOX), np.float32) / 255)


class _Stages:
    """What draws random numbers while a slot is prepared."""

    def __init__(self, model: Model, generator: torch.Generator) -> None:
        self._model = model
        self._generator = generator

    def encode(self, picture: torch.Tensor) -> torch.Tensor:
        """Return a picture's latents, drawn from what the VAE says of it."""
        vae = self._model.pipeline.vae
        drawn = vae.encode(picture.to(self._model.device.type, vae.dtype)).latent_dist.sample(generator=self._generator)
        # In one order in memory, whatever order the picture came in: the UNet's rounding depends on it.
        return _on(self._model, drawn.contiguous()) * vae.config.scaling_factor

    def noise(self, size: tuple[int, int]) -> torch.Tensor:
        """Return noise for latents of a picture of this size."""
        pipeline = self._model.pipeline
        cell = pipeline.vae_scale_factor
        shape = (1, pipeline.vae.config.latent_channels, size[1] // cell, size[0] // cell)
        return _on(self._model, torch.randn(shape, generator=self._generator, dtype=pipeline.unet.dtype))


def _spread(
    noise: torch.Tensor, model: Model, parameters: GenerationParameters, canvas: Canvas, number: int
) -> torch.Tensor:
    """Return the noise of picture `number`, nearer to that of the first where the request wants little chaos."""
    if parameters.chaos == 1 or number == 0:
        return noise
    first = _Stages(model, torch.Generator("cpu").manual_seed(parameters.seed)).noise(canvas.crop.size)
    # Their squares add up to 1, so that what comes out is noise of the same strength.
    return parameters.chaos * noise + math.sqrt(1 - parameters.chaos**2) * first


def _on(model: Model, tensor: torch.Tensor) -> torch.Tensor:
    """Return a tensor on the model's device, in its precision."""
    return tensor.to(model.device.type, model.pipeline.unet.dtype)


@torch.inference_mode()
def decode(model: Model, latents: torch.Tensor, tile: bool = False) -> Pillow.Image:
    """Return the picture of finished latents (1, c, h, w), its edges meeting where it shall `tile`.

    Raises RefusedError where the latents are not numbers any more.
    """
    vae = model.pipeline.vae
    model.tiling.use(tile)
    # A large picture in tiles, which takes no more memory than a small one.
    is_large = latents.shape[-2] * latents.shape[-1] > TILED_FROM * model.pipeline.unet.config.sample_size**2
    if is_large:
        vae.enable_tiling()
    decoded = vae.decode(latents.to(vae.dtype) / vae.config.scaling_factor, return_dict=False)[0]
    if not torch.isfinite(decoded).all():
        raise RefusedError("The numbers ran away with this one; try another seed, scheduler or a lower guidance.")
    [picture] = model.pipeline.image_processor.postprocess(decoded, output_type="pil")
    return picture
