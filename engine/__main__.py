"""The engine with no Discord: `python -m engine inpaint | bench | check`."""

import json
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image

from engine.device import choose_device
from engine.images import write_png
from engine.messages import GenerationParameters, GenerationRequest, Loading
from engine.models.loading import Model, load_model
from engine.models.source import ModelUnavailableError
from engine.painter import paint
from engine.schedulers import SCHEDULERS

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

ModelOption = Annotated[str, typer.Option(help="starter, a Hub id, a diffusers folder or a .safetensors file")]
BENCH_REPEATS = 5


@app.command()
def inpaint(
    image: Path,
    mask_image: Path,
    prompt: str,
    output: Path,
    model: ModelOption = "auto",
    seed: int = 0,
    num_inference_steps: int = 30,
    guidance_scale: float = 7.5,
) -> None:
    """Repaint the white part of MASK_IMAGE in IMAGE, and write the picture to OUTPUT."""
    with Image.open(image) as picture, Image.open(mask_image) as mask:
        request = GenerationRequest(
            id=0,
            parameters=GenerationParameters(
                prompt=prompt,
                seed=seed,
                num_inference_steps=num_inference_steps,
                guidance_scale=guidance_scale,
            ),
            image=write_png(picture.convert("RGB")),
            mask_image=write_png(mask.convert("L").resize(picture.size).point([0] * 128 + [255] * 128)),
        )
    finished = paint(_load(model), request, lambda _progress: None)
    output.write_bytes(finished.images[0].png)
    typer.echo(f"{output} ({finished.run_seconds:.1f} s)")


@app.command()
def bench(model: ModelOption = "auto") -> None:
    """Time one picture and four at once, and each scheduler, as ratios to one picture of the default."""
    loaded = _load(model)
    size = (loaded.native_size * 2, loaded.native_size * 2)
    request = GenerationRequest(
        id=0,
        parameters=GenerationParameters(prompt="a cat in a green meadow", num_inference_steps=20),
        image=write_png(Image.new("RGB", size, "skyblue")),
        mask_image=write_png(Image.new("L", size, 255)),
    )
    one = _seconds(loaded, request)
    typer.echo(f"{loaded.name} on {loaded.device.describe()}, {loaded.device.dtype_name}: 20 steps in {one:.2f} s")
    four = _seconds(loaded, replace(request, parameters=replace(request.parameters, num_images=4)))
    typer.echo(f"four pictures in one batch: {four / one:.2f} times one picture")
    for name in SCHEDULERS:
        seconds = _seconds(loaded, replace(request, parameters=replace(request.parameters, scheduler=name)))
        typer.echo(f"scheduler {name}: {seconds / one:.2f}")


@app.command()
def check(
    model: ModelOption = "auto", revision: str | None = None, device: str = "auto", precision: str = "auto"
) -> None:
    """Load the model and print what was found as one line of JSON: for `python -m bot doctor`."""
    found: dict[str, str | int] = {}
    try:
        chosen = choose_device(device, precision)
        found |= {"device": chosen.describe(), "free_bytes": chosen.free_memory()}
        loaded = load_model(model, revision, device, precision, _say)
        found |= {"model": loaded.name, "dtype": loaded.device.dtype_name, "fallback": loaded.fallback}
    except (ModelUnavailableError, ValueError) as error:
        found["error"] = str(error)
    typer.echo(json.dumps(found))


def _say(loading: Loading) -> None:
    share = f" ({loading.fraction:.0%})" if loading.fraction is not None else ""
    typer.echo(f"{loading.stage}{share}", err=True)


def _load(name: str) -> Model:
    try:
        return load_model(name, None, "auto", "auto", _say)
    except ModelUnavailableError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def _seconds(model: Model, request: GenerationRequest) -> float:
    """Return the median run time of a request, after one run to warm up."""
    times = []
    for _ in range(BENCH_REPEATS + 1):
        started = time.perf_counter()
        paint(model, request, lambda _progress: None)
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


if __name__ == "__main__":
    app()
