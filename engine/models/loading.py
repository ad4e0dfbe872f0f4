"""Loading a model: files in, an inpainting pipeline on its device out."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderTiny,
    AutoPipelineForInpainting,
    StableDiffusionInpaintPipeline,
    StableDiffusionXLInpaintPipeline,
)
from diffusers.utils import logging as diffusers_logging
from PIL import Image
from safetensors import SafetensorError, safe_open
from transformers.utils import logging as transformers_logging

from engine.api.messages import Loading, World
from engine.device import Device, choose_device
from engine.models.loras import Loras
from engine.models.placement import place
from engine.models.source import DEFAULT_FOR_A_GPU, ModelUnavailableError, find_model
from engine.models.style import StyleAdapter
from engine.models.tiling import Tiling
from engine.previews import LinearPreview, TinyPreview
from engine.regions.text_to_mask import TextToMask
from engine.runner import Runner
from engine.safety import SafetyScorer
from engine.words import PromptEncoder

log = logging.getLogger(__name__)

# A folder beside the model's parts, such as madebyollin/taesd; on a CPU it would take seconds a preview.
TINY_VAE = "vae_tiny"


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model and what the engine has to know of it.

    `world` and `text_to_mask` come with a small model that paints only some things, and finds them in pictures.
    """

    name: str
    device: Device
    pipeline: Any
    words: PromptEncoder
    loras: Loras
    style: StyleAdapter
    tiling: Tiling
    runner: Runner
    safety: SafetyScorer
    preview: Callable[[torch.Tensor], Image.Image]
    fallback: str
    world: World | None
    text_to_mask: TextToMask | None

    @property
    def native_size(self) -> int:
        """The side in pixels of the pictures that the model was trained on."""
        return self.pipeline.unet.config.sample_size * self.pipeline.vae_scale_factor

    @property
    def size_multiple(self) -> int:
        """What widths and heights divide by: an even number of latents, fine enough to keep a picture's aspect."""
        return self.pipeline.vae_scale_factor * 2

    def memory_bytes(self) -> int:
        """Return what the weights take."""
        return _memory_bytes(self.pipeline)


@dataclass(frozen=True, slots=True)
class SoloModel:
    """A loaded model that isn't one of Stable Diffusion's UNets: its own pipeline paints, one picture at a time."""

    name: str
    device: Device
    pipeline: Any
    safety: SafetyScorer
    fallback: str = ""
    world: World | None = None
    text_to_mask: TextToMask | None = None

    @property
    def native_size(self) -> int:
        """The side in pixels of the pictures that the model was trained on."""
        return getattr(self.pipeline, "default_sample_size", 64) * self.pipeline.vae_scale_factor

    @property
    def size_multiple(self) -> int:
        """What widths and heights divide by."""
        return self.pipeline.vae_scale_factor * 2

    def memory_bytes(self) -> int:
        """Return what the weights take."""
        return _memory_bytes(self.pipeline)


AnyModel = Model | SoloModel


def _memory_bytes(pipeline: Any) -> int:
    modules = [part for part in pipeline.components.values() if isinstance(part, torch.nn.Module)]
    return sum(weight.numel() * weight.element_size() for module in modules for weight in module.parameters())


def load_model(
    name: str,
    revision: str | None,
    device: str,
    precision: str,
    report: Callable[[Loading], None],
    loras: Sequence[str] = (),
    memory: str = "normal",
) -> AnyModel:
    """Load the model of that name (see `find_model`; `auto` means by device) and report how far it is.

    `loras` are the folders and Hub ids of what requests may name (see `Loras`); for `memory` see `place`.

    Raises ModelUnavailableError with one sentence for the owner.
    """
    try:
        chosen = choose_device(device, precision)
    except ValueError as error:
        raise ModelUnavailableError(str(error)) from error
    fallback = ""
    if name == "auto" and chosen.type == "cpu":
        name = "starter"
        fallback = "No GPU was found, so the small starter model paints; set ATELIER_MODEL for another."
    elif name == "auto":
        name = DEFAULT_FOR_A_GPU
    path = find_model(name, revision, report)
    report(Loading(f"loading {name}"))
    pipeline = _load_pipeline(name, path, chosen, memory)
    if not isinstance(pipeline, StableDiffusionInpaintPipeline | StableDiffusionXLInpaintPipeline):
        return SoloModel(name, chosen, pipeline, SafetyScorer(path))
    channels = pipeline.unet.config.in_channels
    if channels not in (4, 9):
        raise ModelUnavailableError(
            f"The model {name} takes {channels} channels, which is not a model for text to image or inpainting."
        )
    report(Loading("measuring how much fits into a batch"))
    words = PromptEncoder(_text_encoders(pipeline), chosen.type)
    runner = Runner(pipeline.unet, chosen.type)
    runner.measure(words.window)
    return Model(
        name=name,
        device=chosen,
        pipeline=pipeline,
        words=words,
        loras=Loras(pipeline, loras),
        style=StyleAdapter(pipeline),
        tiling=Tiling(pipeline.unet, pipeline.vae),
        runner=runner,
        safety=SafetyScorer(path),
        preview=_preview(path, pipeline, chosen),
        fallback=fallback,
        world=_read_world(path),
        text_to_mask=_load_text_to_mask(path),
    )


def _load_pipeline(name: str, path: Path, device: Device, memory: str) -> Any:
    settings: dict[str, Any] = {"dtype": device.dtype}
    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    try:
        family = _family(path)
        if family is StableDiffusionInpaintPipeline:
            settings |= {"safety_checker": None, "requires_safety_checker": False}
        if path.is_file():
            pipeline: Any = family.from_single_file(str(path), **settings)
        else:
            pipeline = family.from_pretrained(path, variant=_variant(path), local_files_only=True, **settings)
        if device.dtype is torch.float16 and pipeline.vae.config.get("force_upcast"):
            # In half precision this VAE's numbers run away.
            pipeline.vae.to(torch.float32)
        pipeline.set_progress_bar_config(disable=True)
        return place(pipeline, device, memory)
    except torch.OutOfMemoryError as error:
        raise ModelUnavailableError(
            f"The model {name} does not fit on the {device.type} device; "
            "choose a smaller ATELIER_MODEL or set ATELIER_PRECISION=fp16."
        ) from error
    except (OSError, ValueError, KeyError, AttributeError, RuntimeError, SafetensorError) as error:
        cause = str(error).strip().split("\n")[0]
        raise ModelUnavailableError(
            f"The model {name} can't be loaded as a model for inpainting ({cause}); check ATELIER_MODEL."
        ) from error


def _family(path: Path) -> Any:
    """Return the pipeline of the files: one that can be batched for SD and SDXL, otherwise what diffusers has."""
    if path.is_file():
        with safe_open(path, "pt") as file:
            is_xl = any(key.startswith("conditioner.embedders.") for key in file.keys())  # noqa: SIM118
        return StableDiffusionXLInpaintPipeline if is_xl else StableDiffusionInpaintPipeline
    kind = json.loads((path / "model_index.json").read_text())["_class_name"]
    if kind.startswith("StableDiffusionXL"):
        return StableDiffusionXLInpaintPipeline
    if (path / "unet").is_dir() and kind.startswith("StableDiffusion"):
        return StableDiffusionInpaintPipeline
    return AutoPipelineForInpainting


def _text_encoders(pipeline: Any) -> list[tuple[Any, Any]]:
    pairs = [(pipeline.tokenizer, pipeline.text_encoder)]
    if isinstance(pipeline, StableDiffusionXLInpaintPipeline):
        pairs.append((pipeline.tokenizer_2, pipeline.text_encoder_2))
    return pairs


def _preview(path: Path, pipeline: Any, device: Device) -> Callable[[torch.Tensor], Image.Image]:
    """Return the way from latents to small pictures: a tiny VAE where one lies beside the model, for a GPU."""
    folder = path / TINY_VAE
    if device.type != "cpu" and folder.is_dir():
        tiny: Any = AutoencoderTiny.from_pretrained(folder, dtype=device.dtype)
        return TinyPreview(tiny.to(device.type))
    return LinearPreview(pipeline.vae, device.type)


def _read_world(path: Path) -> World | None:
    file = path / "world.json"
    if not file.is_file():
        return None
    parts = json.loads(file.read_text())
    return World(words=frozenset(parts.pop("words")), **{name: tuple(part) for name, part in parts.items()})


def _load_text_to_mask(path: Path) -> TextToMask | None:
    folder = path / "text_to_mask"
    return TextToMask.load(folder) if folder.is_dir() else None


def _variant(folder: Path) -> str | None:
    """Return `fp16` where the folder holds the UNet in that variant only."""
    unet = folder / "unet"
    plain = [path for path in unet.glob("*.safetensors") if ".fp16." not in path.name]
    return "fp16" if not plain and any(unet.glob("*.fp16.safetensors")) else None
