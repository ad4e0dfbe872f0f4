"""Scenes rendered once and kept on disk in shards, so that training never waits for drawing.

`python -m training.data data/training/scenes --scenes 100000 --size 256` renders what is not there yet, with every
core; it may be stopped at any moment and called again.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Annotated, Any

import numpy as np
import typer
from PIL import Image

from training.artwork import Artwork, fetch_artwork
from training.masks import draw_mask
from training.scenes import Chances, draw_scene

ARTWORK = Path("data/training")
SHARD_SCENES = 1_000
# The side of scenes in pixels, which the model's is too.
SIZE = 256
# Scenes of these seeds are never trained on; scores are taken on them.
HELD_OUT = 10_000_000
# What is learned last, unusual colours and styles, is in more of the hard scenes, whose shards are numbered from here.
USUAL = Chances()
HARD = Chances(things=(0.0, 0.75, 0.22, 0.03), colour=0.75, style=0.5)
FIRST_HARD_SHARD = 5_000


@dataclass(frozen=True, slots=True)
class Shard:
    """Some scenes as arrays: `images` uint8 (n, size, size, 3), `masks` bool (n, size, size).

    `about` has for each scene its caption, place words, style, and its things with their colours; `things` says which
    of them shows where, counted from 1, and 0 where none does: uint8 (n, size, size).
    """

    images: np.ndarray
    masks: np.ndarray
    things: np.ndarray
    about: list[dict[str, Any]]

    def save(self, path: Path) -> None:
        """Write the shard; masks take a bit a pixel."""
        new = path.with_suffix(".new")
        with new.open("wb") as file:
            np.savez(
                file,
                images=self.images,
                masks=np.packbits(self.masks, axis=-1),
                things=self.things,
                about=np.frombuffer(json.dumps(self.about).encode(), np.uint8),
            )
        new.rename(path)

    @classmethod
    def load(cls, path: Path) -> "Shard":
        """Read a shard that `save` has written."""
        with np.load(path) as data:
            images = data["images"]
            masks = np.unpackbits(data["masks"], axis=-1, count=images.shape[1]).astype(bool)
            return cls(images, masks, data["things"], json.loads(data["about"].tobytes()))


def render_shard(artwork: Artwork, first_seed: int, count: int, size: int, chances: Chances = USUAL) -> Shard:
    """Render the scenes of consecutive seeds."""
    images = np.empty((count, size, size, 3), np.uint8)
    masks = np.empty((count, size, size), bool)
    things = np.zeros((count, size, size), np.uint8)
    about: list[dict[str, Any]] = []
    for index in range(count):
        seed = first_seed + index
        scene = draw_scene(artwork, seed, size, chances=chances)
        images[index] = np.asarray(scene.image)
        masks[index] = draw_mask(scene, Random(seed))
        for number, thing in enumerate(scene.things, 1):
            things[index][thing.mask] = number
        named = [[thing.noun.name, thing.colour] for thing in scene.things]
        about.append({"caption": scene.caption, "place": scene.place_words, "style": scene.style, "things": named})
    return Shard(images, masks, things, about)


def render(
    folder: Path,
    scenes: Annotated[int, typer.Option(help="How many in all; rounded up to whole shards")] = 100_000,
    size: Annotated[int, typer.Option(help="The side in pixels")] = SIZE,
    processes: Annotated[int | None, typer.Option(help="All cores, if not said")] = None,
    hard: Annotated[bool, typer.Option("--hard", help="Scenes of what is learned last, for the end")] = False,
) -> None:
    """Render the shards that are not in FOLDER yet."""
    icons = fetch_artwork(ARTWORK)
    folder.mkdir(parents=True, exist_ok=True)
    first = FIRST_HARD_SHARD if hard else 0
    numbers = range(first, first + -(-scenes // SHARD_SCENES))
    missing = [number for number in numbers if not shard_path(folder, number).exists()]
    with ProcessPoolExecutor(processes) as pool:
        jobs = [pool.submit(_render_to_disk, icons, folder, number, size) for number in missing]
        for done, job in enumerate(jobs, 1):
            job.result()
            typer.echo(f"{done} of {len(missing)} shards")


def _render_to_disk(icons: Path, folder: Path, number: int, size: int) -> None:
    chances = HARD if number >= FIRST_HARD_SHARD else USUAL
    shard = render_shard(_artwork_of_this_process(icons), number * SHARD_SCENES, SHARD_SCENES, size, chances)
    shard.save(shard_path(folder, number))


@cache
def _artwork_of_this_process(icons: Path) -> Artwork:
    # To draw all things at full size takes as long as two thousand scenes.
    return Artwork(icons)


def shard_path(folder: Path, number: int) -> Path:
    """Return where a shard lies."""
    return folder / f"{number:05}.npz"


def all_scenes(folder: Path, side: int) -> Shard:
    """Return a folder's shards as one, shrunk to this side, which goes into theirs without a rest."""
    # One by one: all scenes at their full size may be more than memory holds.
    parts = [_shrunk(part, side) for part in shards(folder)]
    images, masks, things = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("images", "masks", "things")
    )
    return Shard(images, masks, things, [about for part in parts for about in part.about])


def _shrunk(shard: Shard, side: int) -> Shard:
    images = [Image.fromarray(image).resize((side, side), Image.Resampling.BOX) for image in shard.images]
    every = shard.images.shape[1] // side
    masks, things = (values[:, ::every, ::every] for values in (shard.masks, shard.things))
    return Shard(np.stack([np.asarray(image) for image in images]), masks, things, shard.about)


def shards(folder: Path) -> Iterator[Shard]:
    """Yield the shards of a folder in order."""
    for path in sorted(folder.glob("*.npz")):
        yield Shard.load(path)


if __name__ == "__main__":
    typer.run(render)
