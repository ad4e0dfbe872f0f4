"""How well regions are found, as intersection over union with what is there, on the pictures in `regions/samples`."""

import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from engine.regions.descriptions import SUBJECT
from engine.regions.finder import Finder
from engine.regions.masks import Mask, NothingFoundError
from engine.regions.salient import SalientObject

SAMPLES = Path(__file__).parent / "regions" / "samples"


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture in RGB, a name in it, and where that is."""

    picture: Image.Image
    name: str
    mask: Mask


def scenes() -> Iterator[Sample]:
    """Yield every thing of the starter's world that a sample shows, and of each picture all things as its subject."""
    folder = SAMPLES / "scenes"
    for number, things in json.loads((folder / "things.json").read_text()).items():
        picture = Image.open(folder / f"{number}.png").convert("RGB")
        shown = np.asarray(Image.open(folder / f"{number}-things.png"))
        for name, numbers in things.items():
            yield Sample(picture, name, np.isin(shown, numbers))
        if things:
            yield Sample(picture, SUBJECT, shown > 0)


def photographs() -> Iterator[Sample]:
    """Yield the subjects of the photographs."""
    folder = SAMPLES / "photographs"
    for name, outline in json.loads((folder / "subjects.json").read_text()).items():
        picture = Image.open(folder / f"{name}.jpg").convert("RGB")
        mask = Image.new("L", picture.size)
        ImageDraw.Draw(mask).polygon([tuple(corner) for corner in outline], fill=255)
        yield Sample(picture, SUBJECT, np.asarray(mask) > 0)


def overlap(found: Mask | None, true: Mask) -> float:
    """Return the intersection over union, 0 where nothing was found."""
    return 0.0 if found is None else float((found & true).sum() / (found | true).sum())


def measure(finder: Finder, knows_the_world: bool) -> dict[str, float]:
    """Return the mean overlaps, and the median seconds that a subject takes in a photograph.

    The scenes are looked through where the model knows their world.
    """
    figures: dict[str, float] = {}
    if knows_the_world:
        found = [(sample.name == SUBJECT, _searched(finder, sample)) for sample in scenes()]
        figures["region_iou_named_things"] = statistics.mean(iou for is_subject, iou in found if not is_subject)
        figures["region_iou_subjects_of_scenes"] = statistics.mean(iou for is_subject, iou in found if is_subject)
    salient, seconds, ious = SalientObject(), [], []
    for sample in photographs():
        started = time.perf_counter()
        ious.append(overlap(salient.find(sample.picture), sample.mask))
        seconds.append(time.perf_counter() - started)
    figures["region_iou_subjects_of_photographs"] = statistics.mean(ious)
    figures["region_seconds_subject"] = statistics.median(seconds)
    return figures


def _searched(finder: Finder, sample: Sample) -> float:
    try:
        return overlap(finder.find(sample.picture, sample.name).mask, sample.mask)
    except NothingFoundError:
        return 0.0
