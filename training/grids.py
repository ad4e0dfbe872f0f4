"""The pictures of the model card: what the model paints, to be looked at.

`python -m training.grids docs/starter --model engine/starter` paints all three.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from engine.models.loading import Model, load_model
from engine.schedulers import SCHEDULERS, create_scheduler
from training.score import STEPS, Question, World, paint

QUALITY = 90
COLUMNS = 8


def text_to_image(model: Model, world: World) -> tuple[list[Image.Image], list[str]]:
    """Paint 64 prompts of things, colours, places and styles; return the pictures with their prompts."""
    kinds = (World.text_to_image,) * 4 + (World.colour_and_shape,) * 2 + (World.two_objects, World.style)
    questions = [kinds[number % COLUMNS](world, 1_000 + number) for number in range(8 * COLUMNS)]
    return list(paint(model.pipeline, questions, 0)), [question.prompt for question in questions]


def inpainting(model: Model, world: World) -> tuple[list[Image.Image], list[str]]:
    """Repaint 16 scenes; return each three times, whole, with its hole and repainted, with the prompts."""
    questions = [world.inpaint(2_000 + number) for number in range(16)]
    rows: list[Image.Image] = []
    for question, after in zip(questions, paint(model.pipeline, questions, 0), strict=True):
        rows += [question.image, _with_hole(question), _pasted(question, after)]
    return rows, [question.prompt for question in questions]


def schedulers(model: Model, world: World) -> tuple[list[Image.Image], list[str]]:
    """Paint the same four prompts and seeds with every scheduler."""
    questions = [world.text_to_image(3_000 + number) for number in range(4)]
    pictures: list[Image.Image] = []
    shipped = model.pipeline.scheduler
    for name in SCHEDULERS:
        model.pipeline.scheduler = create_scheduler(name, shipped, STEPS)
        pictures += paint(model.pipeline, questions, 0)
    return pictures, list(SCHEDULERS)


def _with_hole(question: Question) -> Image.Image:
    pixels = np.asarray(question.image).copy()
    pixels[question.mask] = 127
    return Image.fromarray(pixels)


def _pasted(question: Question, after: Image.Image) -> Image.Image:
    return Image.composite(after, question.image, Image.fromarray(question.mask.astype(np.uint8) * 255))


def sheet(pictures: list[Image.Image], columns: int) -> Image.Image:
    """Return the pictures side by side, in rows of so many."""
    side = pictures[0].width
    whole = Image.new("RGB", (columns * side, -(-len(pictures) // columns) * side))
    for number, picture in enumerate(pictures):
        whole.paste(picture, (number % columns * side, number // columns * side))
    return whole


def main(out: Path, model: Annotated[str, typer.Option(help="`starter` or a model folder")] = "starter") -> None:
    """Paint the three sheets into OUT, and print what was asked."""
    out.mkdir(parents=True, exist_ok=True)
    loaded = load_model(model, None, "auto", "fp32", lambda _loading: None)
    assert isinstance(loaded, Model)  # noqa: S101 - it is ours
    world = World(loaded.native_size)
    for kind, columns in ((text_to_image, COLUMNS), (inpainting, 12), (schedulers, 4)):
        pictures, asked = kind(loaded, world)
        sheet(pictures, columns).save(out / f"{kind.__name__}.webp", quality=QUALITY)
        typer.echo(f"{kind.__name__}:\n" + "\n".join(f"  {prompt}" for prompt in asked))


if __name__ == "__main__":
    typer.run(main)
