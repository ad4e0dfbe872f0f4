"""The sample pictures that the demo offers, each with a mask beside its thing.

`python -m training.samples bot/samples` draws them: `castle.png` with `castle-mask.png`, and so on.
"""

from itertools import count
from pathlib import Path

import numpy as np
import typer
from PIL import Image, ImageDraw

from training.artwork import NOUNS, Artwork, fetch_artwork
from training.data import ARTWORK
from training.scenes import Chances, Wish, draw_scene

# A part of this size is cut out of a larger scene, so that the thing stands at its left.
SIZE, DRAWN = 256, 320
MARGIN = 12
# What is in each, where, and when.
SAMPLES = {
    "meadow": ("tree", "meadow", "day"),
    "sea": ("sailboat", "sea", "sunset"),
    "castle": ("castle", "snow", "day"),
}
# The thing stands in the left part, and the mask in the right one: left, upper, right, lower as shares.
THING_ENDS = 0.5
MASK = (0.51, 0.38, 0.98, 0.95)


def draw_sample(artwork: Artwork, noun: str, place: str, time: str) -> Image.Image:
    """Return a part of the first scene of a place in which the thing can leave room on its right."""
    [wanted] = [known for known in NOUNS if known.name == noun]
    wish = Wish(nouns=(wanted,), colours=(None,), place=place, time=time)
    for seed in count():
        scene = draw_scene(artwork, seed, DRAWN, wish, Chances(style=0.0, sized=1.0))
        columns = np.flatnonzero(scene.things[0].mask.any(axis=0))
        left = min(int(columns[0]) - MARGIN, DRAWN - SIZE)
        if left >= 0 and columns[-1] - left < THING_ENDS * SIZE:
            return scene.image.crop((left, DRAWN - SIZE, left + SIZE, DRAWN))
    raise AssertionError


def draw_samples(out: Path) -> None:
    """Draw the samples and their masks into OUT."""
    artwork = Artwork(fetch_artwork(ARTWORK))
    mask = Image.new("L", (SIZE, SIZE))
    ImageDraw.Draw(mask).ellipse([edge * SIZE for edge in MASK], fill=255)
    for name, what in SAMPLES.items():
        draw_sample(artwork, *what).save(out / f"{name}.png")
        mask.point([0] * 128 + [255] * 128).save(out / f"{name}-mask.png")


if __name__ == "__main__":
    typer.run(draw_samples)
