"""The held-out scenes on which `python -m engine bench` and the tests measure how well regions are found.

`python -m training.region_samples engine/regions/samples/scenes` draws them.
"""

import json
from pathlib import Path

import typer
from PIL import Image

from training.artwork import Artwork, fetch_artwork
from training.data import ARTWORK, HELD_OUT, render_shard

SCENES = 24
SIDE = 128
# Less of a thing is hidden by others.
SMALLEST = 40


def draw(out: Path) -> None:
    """Write each scene, beside it which pixel shows which thing (0 none), and the things' names."""
    out.mkdir(parents=True, exist_ok=True)
    # Apart from the scenes on which training itself takes its scores.
    shard = render_shard(Artwork(fetch_artwork(ARTWORK)), HELD_OUT + 1_000_000, SCENES, SIDE)
    named: dict[str, dict[str, list[int]]] = {}
    for index, about in enumerate(shard.about):
        things = shard.things[index]
        Image.fromarray(shard.images[index]).save(out / f"{index:02}.png", optimize=True)
        Image.fromarray(things).save(out / f"{index:02}-things.png", optimize=True)
        fitting: dict[str, list[int]] = {}
        for number, (noun, _) in enumerate(about["things"], 1):
            if (things == number).sum() >= SMALLEST:
                fitting.setdefault(noun, []).append(number)
        named[f"{index:02}"] = fitting
    (out / "things.json").write_text(json.dumps(named) + "\n")


if __name__ == "__main__":
    typer.run(draw)
