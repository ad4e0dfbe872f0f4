"""The judge of the model: what a pixel classifier sees in a picture. It has no part in the model or its training.

`python -m training.classifier data/training/scenes data/training/classifier --minutes 8` trains for so long, or goes on
from `state.pt` in the second folder, writes `classifier.pt` there, and tells how often it is right on held-out scenes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from PIL import Image
from torch import nn
from torch.nn import functional

from engine.regions.network import PixelNetwork
from training.artwork import COLOURS, NOUNS, Artwork, fetch_artwork
from training.data import ARTWORK, HELD_OUT, SIZE, all_scenes
from training.optimizers import Optimizers, zero_residual_outputs
from training.resumable import Training
from training.scenes import Chances, draw_scene
from training.styles import STYLES

LEVELS = (32, 64, 96, 160)
# It looks at pictures at this size, whatever theirs.
SIDE = 128
BATCH = {"cuda": 256, "cpu": 32}
TOTAL_SAMPLES = 60_000
GREY, SOFT = 0.25, 0.3
# Of each picture: where there is no noun, each noun; its own colours, each colour; no style, each style.
PARTS = (1 + len(NOUNS), 1 + len(COLOURS), 1 + len(STYLES))
NOUN_NUMBERS = {noun.name: number for number, noun in enumerate(NOUNS, 1)}
COLOUR_NUMBERS = {colour: number for number, colour in enumerate(COLOURS, 1)}
STYLE_NUMBERS = {style: number for number, style in enumerate(STYLES, 1)}
COLOURLESS = ("black and white", "sepia", "sketch")
IGNORED = -1
TESTED = 600


@dataclass(frozen=True, slots=True)
class Seen:
    """What is in a picture: nouns with the largest first, the colour of each (None: its own), and the style."""

    nouns: tuple[str, ...]
    colours: tuple[str | None, ...]
    style: str | None


class Classifier(nn.Module):
    """Says of each 2 by 2 pixels which noun and colour they are of, and of the whole picture its style."""

    def __init__(self) -> None:
        super().__init__()
        self.network = PixelNetwork(sum(PARTS), LEVELS)

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return logits of nouns and of colours (n, numbers, height / 2, width / 2), and of styles (n, numbers)."""
        nouns, colours, styles = self.network(pictures).split(PARTS, dim=1)
        return nouns, colours, styles.mean(dim=(-1, -2))

    @torch.inference_mode()
    def see(self, picture: Image.Image, mask: np.ndarray | None = None) -> Seen:
        """Return what is seen in a picture, or in the true part of a mask of its size."""
        small = picture.resize((SIDE, SIDE), Image.Resampling.BOX)
        nouns, colours, style = self(pixels(np.asarray(small)[None]))
        weight = torch.ones(nouns.shape[-2:])
        if mask is not None:
            weight = functional.adaptive_avg_pool2d(torch.from_numpy(mask)[None].float(), SIDE // 2)[0]
        shares = (nouns[0].softmax(dim=0) * weight)[1:].flatten(1)
        order = shares.sum(dim=1).argsort(descending=True).tolist()
        tints = colours[0].softmax(dim=0).flatten(1)
        named = [int((tints * shares[number]).sum(dim=1).argmax()) for number in order]
        return Seen(
            tuple(NOUNS[number].name for number in order),
            tuple(COLOURS[tint - 1] if tint else None for tint in named),
            (None, *STYLES)[int(style[0].argmax())],
        )

    @classmethod
    def load(cls, folder: Path) -> "Classifier":
        """Read the trained classifier."""
        classifier = cls()
        classifier.load_state_dict(torch.load(folder / "classifier.pt", weights_only=True))
        return classifier.eval()


def pixels(images: np.ndarray) -> torch.Tensor:
    """Return pictures, uint8 (n, height, width, 3), as the network takes them."""
    return torch.from_numpy(images.copy()).permute(0, 3, 1, 2).float() / 127.5 - 1


def roughened(pictures: torch.Tensor, generator: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the pictures, some unsharp and some without colour, so that neither decides; and which have no colour."""
    grey = torch.from_numpy(generator.random(len(pictures)) < GREY)
    soft = torch.from_numpy(generator.random(len(pictures)) < SOFT)
    pictures = pictures.clone()
    pictures[grey] = pictures[grey].mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
    if soft.any():
        half = functional.avg_pool2d(pictures[soft], 2)
        pictures[soft] = functional.interpolate(half, scale_factor=2.0, mode="bilinear")
    return pictures, grey


def labels(things: np.ndarray, about: list[dict[str, Any]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the numbers of nouns and of colours at each second pixel, and of the styles; see `Shard`."""
    every_second = things[:, ::2, ::2]
    nouns = np.zeros(every_second.shape, np.int64)
    colours = np.full(every_second.shape, IGNORED, np.int64)
    for row, facts in enumerate(about):
        for number, (noun, colour) in enumerate(facts["things"], 1):
            nouns[row][every_second[row] == number] = NOUN_NUMBERS[noun]
            if facts["style"] not in COLOURLESS:
                colours[row][every_second[row] == number] = COLOUR_NUMBERS.get(colour, 0)
    styles = torch.tensor([STYLE_NUMBERS.get(facts["style"], 0) for facts in about])
    return torch.from_numpy(nouns), torch.from_numpy(colours), styles


def accuracy(classifier: Classifier) -> tuple[float, float]:
    """Return how often it sees the one noun of held-out scenes: as they are, and recoloured and without colour."""
    artwork = Artwork(fetch_artwork(ARTWORK))
    right: dict[bool, list[bool]] = {False: [], True: []}
    one_thing = (0.0, 1.0, 0.0, 0.0)
    for grey in right:
        chances = Chances(things=one_thing, colour=1.0, style=0.0) if grey else Chances(things=one_thing)
        for seed in range(HELD_OUT, HELD_OUT + TESTED):
            scene = draw_scene(artwork, seed, SIZE, chances=chances)
            picture = scene.image.convert("L").convert("RGB") if grey else scene.image
            right[grey].append(classifier.see(picture).nouns[0] == scene.things[0].noun.name)
    return float(np.mean(right[False])), float(np.mean(right[True]))


def train(
    scenes: Path,
    out: Path,
    minutes: Annotated[float, typer.Option(help="How long this slice may take")] = 8.0,
    total_samples: Annotated[int, typer.Option(help="The whole training, over all slices")] = TOTAL_SAMPLES,
) -> None:
    """Train for one slice, or to the end."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    out.mkdir(parents=True, exist_ok=True)
    data = all_scenes(scenes, SIDE)
    classifier = Classifier()
    zero_residual_outputs(classifier)
    classifier = classifier.to(device)
    training = Training(out / "state.pt", classifier, Optimizers(classifier, muon_lr=0.02, adam_lr=3e-3), device)
    generator = np.random.default_rng(training.samples)

    def step() -> tuple[torch.Tensor, int]:
        chosen = generator.integers(0, len(data.images), BATCH[device])
        pictures, grey = roughened(pixels(data.images[chosen]), generator)
        nouns, colours, styles = (
            part.to(device) for part in labels(data.things[chosen], [data.about[index] for index in chosen])
        )
        # Without its colour, neither a thing's tint nor the picture's style can be told.
        colours[grey], styles[grey] = IGNORED, IGNORED
        with torch.autocast(device, torch.bfloat16):
            noun_logits, colour_logits, style_logits = classifier(pictures.to(device))
        loss = (
            functional.cross_entropy(noun_logits.float(), nouns, weight=_noun_weights(device))
            + 0.5 * functional.cross_entropy(colour_logits.float(), colours, ignore_index=IGNORED)
            + 0.5 * functional.cross_entropy(style_logits.float(), styles, ignore_index=IGNORED)
        )
        return loss, len(chosen)

    training.run(step, minutes=minutes, total_samples=total_samples)
    training.average.copy_to(classifier)
    torch.save(classifier.state_dict(), out / "classifier.pt")
    real, grey = accuracy(Classifier.load(out))
    typer.echo(f"{training.samples} samples: {real:.1%} right on held-out scenes, {grey:.1%} on grey ones")


def _noun_weights(device: str) -> torch.Tensor:
    """Return the weights of the nouns' classes: most pixels are of no thing, and count less."""
    weights = torch.ones(PARTS[0], device=device)
    weights[0] = 0.2
    return weights


if __name__ == "__main__":
    typer.run(train)
