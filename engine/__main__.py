"""The engine with no Discord: `python -m engine inpaint | imagine | mask | bench`; `check` is for the bot's doctor."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image

from engine import bench_gpu
from engine.api import wire
from engine.api.messages import (
    EngineOptions,
    Failed,
    Finished,
    GenerationParameters,
    GenerationRequest,
    Loading,
    Progress,
    RegionFound,
    RegionRequest,
    Unanswered,
)
from engine.bench import Bench
from engine.bench import plot as draw
from engine.bench_regions import measure as measure_regions
from engine.core import paint
from engine.desk import desk_of
from engine.device import choose_device
from engine.images import write_png
from engine.models.loading import AnyModel, Model, load_model
from engine.models.source import ModelUnavailableError
from engine.regions.finder import Finder

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

ModelOption = Annotated[str, typer.Option(help="starter, a Hub id, a diffusers folder or a .safetensors file")]
PromptOption = Annotated[str, typer.Option("--prompt", "-p")]
OutputOption = Annotated[Path, typer.Option("--output", "-o", help="Several pictures get a number each")]
NegativeOption = Annotated[str, typer.Option("--negative-prompt", "-n")]
StepsOption = Annotated[int, typer.Option("--steps", min=1)]
GuidanceOption = Annotated[float, typer.Option("--guidance")]
SchedulerOption = Annotated[str, typer.Option(help="A name, or two with their steps: ddim:30+ddpm:20")]
SeedOption = Annotated[int, typer.Option()]
LorasOption = Annotated[list[str], typer.Option("--loras", help="Folders and Hub ids, for <lora:name:0.8>")]
StyleOption = Annotated[Path | None, typer.Option("--style-image", help="A picture that lends its style")]
CountOption = Annotated[int, typer.Option("--count", min=1)]


@app.command()
def inpaint(
    image: Path,
    prompt: PromptOption,
    output: OutputOption,
    margins: Annotated[
        tuple[int, int, int, int], typer.Option(help="Pixels to add on the left, top, right and bottom")
    ] = (0, 0, 0, 0),
    mask: Annotated[Path | None, typer.Option(help="White is repainted; without it, the whole picture")] = None,
    negative_prompt: NegativeOption = "",
    strength: Annotated[float, typer.Option(min=0.01, max=1.0)] = 1.0,
    steps: StepsOption = 30,
    guidance: GuidanceOption = 7.5,
    scheduler: SchedulerOption = "default",
    seed: SeedOption = 0,
    count: CountOption = 1,
    style_image: StyleOption = None,
    loras: LorasOption = [],  # noqa: B006 - typer copies it
    model: ModelOption = "auto",
) -> None:
    """Repaint a part of IMAGE, or all of it."""
    parameters = GenerationParameters(
        prompt, negative_prompt, strength, guidance, steps, scheduler, seed=seed, num_images=count
    )
    picture = _opened(image)
    region = None
    if mask is not None:
        with Image.open(mask) as opened:
            region = write_png(opened.convert("L").resize(picture.size).point([0] * 128 + [255] * 128))
    request = GenerationRequest(0, parameters, write_png(picture), region, margins, _style(style_image))
    _paint(_load(model, loras), request, output)


@app.command()
def imagine(
    prompt: PromptOption,
    output: OutputOption,
    negative_prompt: NegativeOption = "",
    width: Annotated[int, typer.Option(help="0 for the model's own")] = 0,
    height: Annotated[int, typer.Option(help="0 for the model's own")] = 0,
    steps: StepsOption = 30,
    guidance: GuidanceOption = 7.5,
    scheduler: SchedulerOption = "default",
    seed: SeedOption = 0,
    count: CountOption = 1,
    style_image: StyleOption = None,
    loras: LorasOption = [],  # noqa: B006 - typer copies it
    model: ModelOption = "auto",
) -> None:
    """Paint a picture from words."""
    parameters = GenerationParameters(
        prompt,
        negative_prompt,
        1.0,
        guidance,
        steps,
        scheduler,
        seed=seed,
        num_images=count,
        width=width,
        height=height,
    )
    _paint(_load(model, loras), GenerationRequest(0, parameters, style_image=_style(style_image)), output)


@app.command()
def mask(
    image: Path,
    output: OutputOption,
    region: Annotated[str, typer.Option(help="What to find: the cat, subject, sky and sea, not the dog")] = "subject",
    at: Annotated[
        tuple[float, float] | None, typer.Option(help="Instead the thing at this point, in fractions of the sides")
    ] = None,
    model: ModelOption = "auto",
) -> None:
    """Find a region of IMAGE: white where it is."""
    loaded = _load(model)
    match desk_of(loaded).answer(RegionRequest(0, write_png(_opened(image)), region, at)):
        case RegionFound(_, mask_image, note):
            output.write_bytes(mask_image)
            typer.echo(f"{output} {note}".strip())
        case Unanswered(_, reason):
            typer.echo(reason, err=True)
            raise typer.Exit(1)


@app.command()
def bench(
    model: ModelOption = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw the figures into this file too")] = None,
    side: Annotated[int | None, typer.Option(help="With pictures of this side, not of the model's own")] = None,
    gpu: Annotated[bool, typer.Option(help="Time the UNet of SD 1.5 inpainting on this graphics card instead")] = False,
) -> None:
    """Measure the engine against diffusers' pipeline, first come first served, as ratios; and how regions are found."""
    if gpu:
        _bench_gpu(as_json)
        return
    loaded = _load(model)
    if not isinstance(loaded, Model):
        typer.echo(f"{loaded.name} is not a model that can be batched.", err=True)
        raise typer.Exit(1)
    if side is not None:
        loaded.pipeline.unet.register_to_config(sample_size=side // loaded.pipeline.vae_scale_factor)
    figures = Bench(loaded).run(lambda line: typer.echo(line, err=True))
    typer.echo("regions", err=True)
    figures |= measure_regions(Finder(loaded.text_to_mask, loaded.device.type), loaded.text_to_mask is not None)
    if plot is not None:
        draw(figures, str(plot))
    if as_json:
        typer.echo(json.dumps(figures))
        return
    typer.echo(f"{loaded.name} on {loaded.device.describe()}, {loaded.device.dtype_name}")
    for name, value in figures.items():
        shown = {rows: round(ratio, 2) for rows, ratio in value.items()} if isinstance(value, dict) else round(value, 3)
        typer.echo(f"{name:36}{shown}")


def _bench_gpu(as_json: bool) -> None:
    device = choose_device()
    if device.type != "cuda":
        typer.echo("This needs an NVIDIA graphics card, and torch sees none.", err=True)
        raise typer.Exit(1)
    lines = bench_gpu.measure(bench_gpu.create_unet(), device.type, lambda line: typer.echo(line, err=True))
    if as_json:
        typer.echo(json.dumps({"device": device.describe(), "lines": lines}))


@app.command(hidden=True)
def check() -> None:
    """Load the models of the EngineOptions on standard input; print what was found as JSON, for `bot doctor`."""
    options: EngineOptions = wire.read(sys.stdin.buffer)
    found: dict[str, str | int] = {}
    try:
        chosen = choose_device(options.device, options.precision)
        found |= {"device": chosen.describe(), "free_bytes": chosen.free_memory()}
        how = (options.device, options.precision, _say, options.loras, options.memory)
        loaded = load_model(options.model, options.revision, *how)
        found |= {"model": loaded.name, "dtype": loaded.device.dtype_name, "fallback": loaded.fallback}
        for name in options.more_models:
            load_model(name, None, *how)
    except (ModelUnavailableError, ValueError) as error:
        found["error"] = str(error)
    typer.echo(json.dumps(found))


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as opened:
        return opened.convert("RGB")


def _style(path: Path | None) -> bytes | None:
    return write_png(_opened(path)) if path is not None else None


def _paint(model: AnyModel, request: GenerationRequest, output: Path) -> None:
    with typer.progressbar(length=request.parameters.num_inference_steps, label="Painting") as bar:

        def show(progress: Progress) -> None:
            bar.length = progress.num_inference_steps
            bar.update(progress.step - bar.pos)

        ended = paint(model, request, show)
    if isinstance(ended, Failed):
        typer.echo(ended.reason, err=True)
        raise typer.Exit(1)
    assert isinstance(ended, Finished)  # noqa: S101 - nobody cancels
    for number, image in enumerate(ended.images, 1):
        path = output if len(ended.images) == 1 else output.with_stem(f"{output.stem}-{number}")
        path.write_bytes(image.png)
        typer.echo(f"{path} ({image.width} × {image.height}, seed {image.seed})")
    typer.echo(f"{ended.model}, {ended.run_seconds:.1f} s")


def _say(loading: Loading) -> None:
    share = f" ({loading.fraction:.0%})" if loading.fraction is not None else ""
    typer.echo(f"{loading.stage}{share}", err=True)


def _load(name: str, loras: Sequence[str] = ()) -> AnyModel:
    try:
        return load_model(name, None, "auto", "auto", _say, loras)
    except ModelUnavailableError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    app()
