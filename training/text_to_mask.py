"""Training of the text-to-mask head on scenes and the true masks of their things.

`python -m training.text_to_mask data/training/scenes data/training/text-to-mask --minutes 8` trains for so long, or
goes on from `state.pt` in the second folder, writes the head to its `model` folder, and tells its score.
"""

from pathlib import Path
from random import Random
from typing import Annotated

import numpy as np
import torch
import typer
from torch.nn import functional

from engine.regions.descriptions import SUBJECT
from engine.regions.text_to_mask import SIDE, TextToMask
from training.artwork import COLOURS, NOUNS, Artwork, Noun, fetch_artwork
from training.data import ARTWORK, HELD_OUT, Shard, all_scenes, render_shard
from training.optimizers import Optimizers, zero_residual_outputs
from training.resumable import Training

BATCH = {"cuda": 256, "cpu": 32}
TOTAL_SAMPLES = 60_000
# Descriptions of a picture: all things together, as many as can be in it, and some of what isn't there.
DESCRIPTIONS, ABSENT = 8, 4
WORDS = 3
HELD_OUT_SCENES = 400
BY_NAME = {noun.name: noun for noun in NOUNS}


def world_words() -> tuple[str, ...]:
    """Return every word of the names, synonyms and colours of the world, and the one that stands for all things."""
    names = [name for noun in NOUNS for name in (noun.name, *noun.synonyms)]
    return tuple(sorted({word for name in (*names, *COLOURS, SUBJECT) for word in name.split()}))


def describe(things: list[tuple[Noun, str | None]], rng: Random) -> list[tuple[str, set[int]]]:
    """Return descriptions with the numbers (from 1) of the things they fit: `subject`, each thing, then absent ones."""
    described = [(SUBJECT, set(range(1, len(things) + 1)))]
    for noun, colour in things:
        name = rng.choice((noun.name, noun.name, *noun.synonyms))
        told = colour if rng.random() < 0.5 else None
        fits = {
            number for number, (other, tint) in enumerate(things, 1) if other is noun and (told is None or tint == told)
        }
        described.append((f"{told} {name}" if told else name, fits))
    present = [noun for noun, _ in things]
    absent = [noun.name for noun in rng.sample([noun for noun in NOUNS if noun not in present], ABSENT)]
    if things and things[0][1]:
        wrong = rng.choice([colour for colour in COLOURS if (present[0], colour) not in things])
        absent[0] = f"{wrong} {present[0].name}"
    return described + [(text, set[int]()) for text in absent]


def region_loss(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return how far logits are from wanted masks, both (n, q, h, w): by pixels, and by the overlap of shapes.

    The second part is the Dice loss of Milletari et al. 2016, for what is there.
    """
    pixels = functional.binary_cross_entropy_with_logits(logits, wanted)
    chance = logits.sigmoid()
    overlap = 2 * (chance * wanted).sum((-1, -2)) / ((chance + wanted).sum((-1, -2)) + 1)
    there = wanted.amax((-1, -2)) > 0
    return 4 * pixels + (1 - overlap)[there].mean()


def intersection_over_union(head: TextToMask, held_out: Shard, device: str) -> tuple[float, float, float]:
    """Return the mean overlap of found and true masks of named things and subjects, and the share of absent ones."""
    subjects: list[float] = []
    overlaps: list[float] = []
    rejected: list[bool] = []
    for index, about in enumerate(held_out.about):
        picture = _pictures(torch.from_numpy(held_out.images[index : index + 1]), device)
        described = describe(_things(about), Random(index))
        numbers = head.numbers([text for text, _ in described])[None].to(device)
        with torch.inference_mode():
            logits = functional.interpolate(head(picture, numbers), scale_factor=2.0, mode="bilinear")[0].cpu()
        for (text, fits), found in zip(described, logits > 0, strict=True):
            true = torch.from_numpy(np.isin(held_out.things[index], list(fits)))
            if true.sum() >= 40:  # less is a thing hidden by another
                (subjects if text == SUBJECT else overlaps).append(((found & true).sum() / (found | true).sum()).item())
            elif not fits:
                rejected.append(bool(found.float().mean() < 0.002))
    return float(np.mean(overlaps)), float(np.mean(subjects)), float(np.mean(rejected))


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
    images, labels = torch.from_numpy(data.images), torch.from_numpy(data.things)
    head = TextToMask(world_words(), tuple(noun.name for noun in NOUNS))
    zero_residual_outputs(head)
    head = head.to(device)
    training = Training(out / "state.pt", head, Optimizers(head, muon_lr=0.02, adam_lr=3e-3), device)
    rng = Random(training.samples)

    def step() -> tuple[torch.Tensor, int]:
        indices = rng.choices(range(len(images)), k=BATCH[device])
        numbers = torch.zeros(len(indices), DESCRIPTIONS, WORDS, dtype=torch.long)
        wanted = torch.zeros(len(indices), DESCRIPTIONS, *(side // 2 for side in labels.shape[1:]))
        for row, index in enumerate(indices):
            described = describe(_things(data.about[index]), rng)
            known = head.numbers([text for text, _ in described])
            numbers[row, : known.shape[0], : known.shape[1]] = known
            for column, (_, fits) in enumerate(described):
                shown = torch.isin(labels[index], torch.tensor(sorted(fits), dtype=torch.uint8)).float()
                wanted[row, column] = functional.avg_pool2d(shown[None], 2)[0]
        with torch.autocast(device, torch.bfloat16):
            logits = head(_pictures(images[indices], device), numbers.to(device))
        return region_loss(logits.float(), wanted.to(device)), len(indices)

    training.run(step, minutes=minutes, total_samples=total_samples)
    training.average.copy_to(head)
    head.eval().cpu().save(out / "model")
    held_out = render_shard(Artwork(fetch_artwork(ARTWORK)), HELD_OUT, HELD_OUT_SCENES, SIDE)
    overlap, subject, rejected = intersection_over_union(TextToMask.load(out / "model"), held_out, "cpu")
    typer.echo(f"{training.samples} samples: IoU of named things {overlap:.3f}, of subjects {subject:.3f}")
    typer.echo(f"{rejected:.1%} of absent things not found")


def _pictures(images: torch.Tensor, device: str) -> torch.Tensor:
    return images.to(device).permute(0, 3, 1, 2).float() / 127.5 - 1


def _things(about: dict[str, object]) -> list[tuple[Noun, str | None]]:
    things = about["things"]
    assert isinstance(things, list)  # noqa: S101
    return [(BY_NAME[name], colour) for name, colour in things]


if __name__ == "__main__":
    typer.run(train)
