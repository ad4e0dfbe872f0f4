"""From a description or a point to a region: who looks for what, and what is said where the best can't be had."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from PIL import Image

from engine.api.places import REGION_NAMES, place_mask
from engine.models.source import ModelUnavailableError
from engine.regions.clipseg import CLIPSEG, ClipSeg
from engine.regions.descriptions import BACKGROUND, SUBJECT, parse
from engine.regions.grabcut import cut_out
from engine.regions.masks import OTHER_WAYS, Mask, NothingFoundError, Point
from engine.regions.salient import SalientObject
from engine.regions.sam import SAM, SegmentAnything
from engine.regions.text_to_mask import TextToMask

log = logging.getLogger(__name__)

NOT_OF_THIS_WORLD = "Nothing of this model's own world was seen there, so {} looked."
NO_SAM = "Found by colours with GrabCut, because Segment Anything could not be fetched."
NO_CLIPSEG = (
    "I can't look for “{}”, because what finds things by words could not be fetched; try subject or background, "
    "pick cells of a grid, paint it, or give a mask."
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a region is; `note` tells the member what stood in for something better, or is empty."""

    mask: Mask
    note: str = ""


class WordFinder(Protocol):
    """What finds things by their names."""

    def find(self, picture: Image.Image, names: Sequence[str]) -> list[Mask | None]:
        """Return where in a picture in RGB each of the names is, or None. Raises NothingFoundError."""
        ...


class Finder:
    """Finds regions with the painting model's own head, where it has one, otherwise with networks for any picture.

    Those are loaded when they are first needed, and kept.
    """

    def __init__(self, head: TextToMask | None, device: str = "cpu", clipseg: str = CLIPSEG, sam: str = SAM) -> None:
        """Take the head, and Hub ids or folders of the networks, which run on `device`."""
        self._head = head
        self._device = device
        self._clipseg_name = clipseg
        self._sam_name = sam

    def find(self, picture: Image.Image, description: str) -> Found:
        """Return what a description says in a picture in RGB; see `descriptions`. Raises NothingFoundError."""
        said = parse(description)
        masks: dict[str, Mask | None] = {
            name: place_mask(name, picture.size) for name in said.names if name in REGION_NAMES
        }
        note = ""
        if SUBJECT in said.names or BACKGROUND in said.names:
            subject = self._subject(picture)
            masks[SUBJECT], masks[BACKGROUND] = subject.mask, ~subject.mask
            note = subject.note
        things = [name for name in said.names if name not in masks]
        if things:
            masks |= zip(things, self._word_finder(things).find(picture, things), strict=True)
        found = {name: mask for name, mask in masks.items() if mask is not None}
        missing = [f"“{name[:50]}”" for name in said.names if name not in found]
        if missing:
            raise NothingFoundError(f"I see no {' or '.join(missing)} in your picture; {OTHER_WAYS}.")
        mask = np.any([found[name] for name in said.wanted], axis=0)
        for name in said.unwanted:
            mask &= ~found[name]
        if not mask.any():
            raise NothingFoundError(f"Nothing is left of “{description.strip()[:80]}”; {OTHER_WAYS}.")
        return Found(mask, note)

    def at(self, picture: Image.Image, point: Point) -> Found:
        """Return the thing at a point of a picture in RGB. Raises NothingFoundError for a point outside."""
        if not all(0 <= share <= 1 for share in point):
            raise NothingFoundError("That point lies outside of your picture; choose one inside, or give a mask.")
        if self._head is not None:
            mask = self._head.at(picture, point)
            if mask is not None:
                return Found(mask)
            return Found(cut_out(picture, point), NOT_OF_THIS_WORLD.format("GrabCut"))
        try:
            sam = self._sam
        except ModelUnavailableError as error:
            log.warning("Segment Anything can't be had: %s", error)
            return Found(cut_out(picture, point), NO_SAM)
        return Found(sam.at(picture, point))

    def _subject(self, picture: Image.Image) -> Found:
        if self._head is not None:
            [mask] = self._head.find(picture, [SUBJECT])
            if mask is not None:
                return Found(mask)
        mask = self._salient_object.find(picture)
        if mask is None:
            raise NothingFoundError(f"Nothing stands out as the subject of your picture; {OTHER_WAYS}.")
        return Found(mask, NOT_OF_THIS_WORLD.format("U²-Net") if self._head is not None else "")

    def _word_finder(self, things: Sequence[str]) -> WordFinder:
        if self._head is not None:
            return self._head
        try:
            return self._clipseg
        except ModelUnavailableError as error:
            log.warning("CLIPSeg can't be had: %s", error)
            raise NothingFoundError(NO_CLIPSEG.format(things[0][:50])) from error

    @cached_property
    def _salient_object(self) -> SalientObject:
        return SalientObject()

    @cached_property
    def _clipseg(self) -> ClipSeg:
        return ClipSeg(self._clipseg_name, self._device)

    @cached_property
    def _sam(self) -> SegmentAnything:
        return SegmentAnything(self._sam_name, self._device)
