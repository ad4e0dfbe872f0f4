"""How good the model is: what a classifier sees in pictures of prompts and scenes that were never trained on.

`python -m training.score --json` prints the shares; `training.classifier` has to be trained first.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated, Any

import numpy as np
import torch
import typer
from PIL import Image

from engine.models.loading import load_model
from training.artwork import COLOURS, NOUNS, Artwork, fetch_artwork
from training.classifier import Classifier, Seen
from training.data import ARTWORK, HELD_OUT, render_shard
from training.masks import draw_mask
from training.scenes import Chances, Scene, Wish, draw_scene, with_article
from training.styles import STYLES
from training.vae import HELD_OUT_SCENES, psnr

STARTER = "starter"
STEPS = 20
GUIDANCE_SCALE = 5.0
BATCH = 25


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt with the picture and the mask that it is painted into, and whether what is seen then is right.

    `mask` is bool (height, width), true = repaint; only what lies in it is looked at.
    """

    prompt: str
    image: Image.Image
    mask: np.ndarray
    right: Callable[[Seen], bool]


class World:
    """Held-out scenes and the questions that they give."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._artwork = Artwork(fetch_artwork(ARTWORK))
        self._empty = Image.new("RGB", (size, size), (127, 127, 127))
        self._everything = np.ones((size, size), bool)

    def scene(self, seed: int, wish: Wish) -> Scene:
        """Draw a held-out scene, in no style but the wished one."""
        return draw_scene(self._artwork, HELD_OUT + seed, self.size, wish, Chances(style=0.0))

    def _imagine(self, prompt: str, right: Callable[[Seen], bool]) -> Question:
        return Question(prompt, self._empty, self._everything, right)

    def text_to_image(self, seed: int) -> Question:
        """Ask for one thing in its own colours, in any place, with no style."""
        [noun] = Random(seed).choices(NOUNS)
        scene = self.scene(seed, Wish(nouns=(noun,), colours=(None,)))
        return self._imagine(scene.caption, lambda seen: seen.nouns[0] == noun.name)

    def inpaint(self, seed: int) -> Question:
        """Ask for another thing where one is in a scene."""
        before, noun = Random(seed).sample(NOUNS, 2)
        scene = self.scene(seed, Wish(nouns=(before,), colours=(None,)))
        mask = draw_mask(scene, Random(seed), "around")
        prompt = f"{with_article(noun.name)} {scene.place_words}"
        return Question(prompt, scene.image, mask, lambda seen: seen.nouns[0] == noun.name)

    def colour_and_shape(self, seed: int) -> Question:
        """Ask for one thing in a colour that it does not have by itself."""
        rng = Random(seed)
        noun, colour = rng.choice(NOUNS), rng.choice(COLOURS)
        scene = self.scene(seed, Wish(nouns=(noun,), colours=(colour,)))
        return self._imagine(scene.caption, lambda seen: (seen.nouns[0], seen.colours[0]) == (noun.name, colour))

    def two_objects(self, seed: int) -> Question:
        """Ask for two things in their own colours."""
        nouns = tuple(Random(seed).sample(NOUNS, 2))
        scene = self.scene(seed, Wish(nouns=nouns, colours=(None, None)))
        return self._imagine(scene.caption, lambda seen: set(seen.nouns[:2]) == {noun.name for noun in nouns})

    def style(self, seed: int) -> Question:
        """Ask for one thing in a style."""
        rng = Random(seed)
        noun, style = rng.choice(NOUNS), rng.choice(tuple(STYLES))
        scene = self.scene(seed, Wish(nouns=(noun,), colours=(None,), style=style))
        return self._imagine(scene.caption, lambda seen: seen.style == style)


@torch.inference_mode()
def paint(pipeline: Any, questions: list[Question], seed: int) -> Iterator[Image.Image]:
    """Paint what is asked, with the settings of the score."""
    pipeline.set_progress_bar_config(disable=True)
    for start in range(0, len(questions), BATCH):
        part = questions[start : start + BATCH]
        yield from pipeline(
            prompt=[question.prompt for question in part],
            image=[question.image for question in part],
            mask_image=[Image.fromarray(question.mask.astype(np.uint8) * 255) for question in part],
            width=part[0].image.width,
            height=part[0].image.height,
            strength=1.0,
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE_SCALE,
            generator=[torch.Generator().manual_seed(seed + start + row) for row in range(len(part))],
        ).images


def score(model: str, classifier: Classifier, count: int, report: Callable[[str], None]) -> dict[str, float]:
    """Return the share of right answers to so many questions of each kind, and the VAE's ratio in dB.

    `shuffled` judges the pictures of `text_to_image` by each other's prompts: what chance would give.
    """
    loaded = load_model(model, None, "auto", "fp32", lambda _loading: None)
    world = World(loaded.native_size)
    shares: dict[str, float] = {}
    for kind in (World.text_to_image, World.inpaint, World.colour_and_shape, World.two_objects, World.style):
        questions = [kind(world, seed) for seed in range(count)]
        seen = [
            classifier.see(picture, question.mask)
            for question, picture in zip(questions, paint(loaded.pipeline, questions, HELD_OUT), strict=True)
        ]
        shares[kind.__name__] = _share(questions, seen)
        if kind is World.text_to_image:
            shares["shuffled"] = _share(questions, [*seen[1:], seen[0]])
        report(f"{kind.__name__}: {shares[kind.__name__]:.3f}")
    held_out = render_shard(Artwork(fetch_artwork(ARTWORK)), HELD_OUT, HELD_OUT_SCENES, loaded.native_size)
    shares["vae_psnr"], _ = psnr(loaded.pipeline.vae, held_out, loaded.device.type)
    return {name: round(share, 3) for name, share in shares.items()}


def _share(questions: list[Question], seen: list[Seen]) -> float:
    return float(np.mean([question.right(answer) for question, answer in zip(questions, seen, strict=True)]))


def main(
    model: Annotated[str, typer.Option(help="`starter` or a model folder")] = STARTER,
    classifier: Annotated[Path, typer.Option(help="Where the trained classifier is")] = ARTWORK / "classifier",
    count: Annotated[int, typer.Option(help="Questions of each kind")] = 300,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON")] = False,
) -> None:
    """Print the score."""
    shares = score(model, Classifier.load(classifier), count, lambda line: typer.echo(line, err=True))
    typer.echo(json.dumps(shares) if as_json else "\n".join(f"{name:18}{share}" for name, share in shares.items()))


if __name__ == "__main__":
    typer.run(main)
