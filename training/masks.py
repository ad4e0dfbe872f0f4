"""Regions to repaint, as members draw them: boxes, ellipses, strokes, and the outlines of things."""

from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from training.scenes import Scene

KINDS = ("box", "ellipse", "strokes", "outline", "around", "everything")
_WEIGHTS = (2, 2, 2, 2, 2, 1)


def draw_mask(scene: Scene, rng: Random, kind: str | None = None) -> np.ndarray:
    """Return a mask for a scene, bool of shape (height, width), true = repaint.

    `outline` follows one thing, grown by some pixels; `around` is a box or ellipse about one thing. Both need a
    thing that can be seen, and become a box where there is none.
    """
    side = scene.image.width
    kind = kind or rng.choices(KINDS, _WEIGHTS)[0]
    seen = [thing.mask for thing in scene.things if thing.mask.any()]
    if kind in ("outline", "around") and not seen:
        kind = "box"
    mask = Image.new("L", (side, side))
    draw = ImageDraw.Draw(mask)
    if kind == "everything":
        mask.paste(255, (0, 0, side, side))
    elif kind in ("box", "ellipse"):
        width, height = rng.uniform(0.25, 0.8) * side, rng.uniform(0.25, 0.8) * side
        left, top = rng.uniform(0, side - width), rng.uniform(0, side - height)
        shape = draw.rectangle if kind == "box" else draw.ellipse
        shape((left, top, left + width, top + height), fill=255)
    elif kind == "strokes":
        _strokes(draw, rng, side)
    elif kind == "outline":
        mask = _grown(rng.choice(seen), rng.uniform(0.01, 0.06) * side)
    else:
        _around(draw, rng, rng.choice(seen), side)
    return np.asarray(mask) > 127


def _strokes(draw: ImageDraw.ImageDraw, rng: Random, side: int) -> None:
    points = [(rng.uniform(0, side), rng.uniform(0, side)) for _ in range(rng.randint(2, 5))]
    width = round(rng.uniform(0.1, 0.3) * side)
    draw.line(points, fill=255, width=width, joint="curve")
    for x, y in points:
        draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)


def _grown(thing: np.ndarray, pixels: float) -> Image.Image:
    """Return a thing's shape, larger by about so many pixels on every side."""
    shape = Image.fromarray(thing.astype(np.uint8) * 255)
    return shape.filter(ImageFilter.BoxBlur(max(1.0, pixels))).point([0] * 8 + [255] * 248)


def _around(draw: ImageDraw.ImageDraw, rng: Random, thing: np.ndarray, side: int) -> None:
    rows, columns = np.flatnonzero(thing.any(axis=1)), np.flatnonzero(thing.any(axis=0))
    margin = rng.uniform(0.02, 0.12) * side
    box = (columns[0] - margin, rows[0] - margin, columns[-1] + margin, rows[-1] + margin)
    shape = draw.rectangle if rng.random() < 0.6 else draw.ellipse
    shape([float(edge) for edge in box], fill=255)
