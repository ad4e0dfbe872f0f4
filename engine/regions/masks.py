"""What every finder gives: where something is, or that it was not found."""

import cv2
import numpy as np
from PIL import Image

# Bool, (height, width) of the picture: True where it is.
Mask = np.ndarray
# In fractions of a picture's width and height, from its upper left corner.
Point = tuple[float, float]

OTHER_WAYS = "name another, pick cells of a grid, paint it, or give a mask"


class NothingFoundError(Exception):
    """No part of the picture fits; the message is one plain sentence for the member: what, and what else to do."""


def enlarged(certainty: np.ndarray, size: tuple[int, int]) -> Mask:
    """Return where a map of 0 to 1, of any size, is at least 0.5 in a picture of this size (width, height)."""
    small = Image.fromarray((certainty.clip(0, 1) * 255).astype(np.uint8))
    return np.asarray(small.resize(size, Image.Resampling.BICUBIC)) >= 128


def pixel(point: Point, size: tuple[int, int]) -> tuple[int, int]:
    """Return the pixel (x, y) of a point in a picture of this size (width, height)."""
    x, y = (min(int(share * side), side - 1) for share, side in zip(point, size, strict=True))
    return x, y


def part_at(mask: Mask, point: Point) -> Mask:
    """Return the connected part of a mask that holds the point; nothing where the mask doesn't."""
    x, y = pixel(point, (mask.shape[1], mask.shape[0]))
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    return (labels == labels[y, x]) & mask


def without_specks(mask: Mask, share: float) -> Mask:
    """Return the mask without connected parts that are smaller than this share of its largest."""
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = statistics[:, cv2.CC_STAT_AREA]
    kept = areas >= share * areas[1:].max(initial=0)
    return kept[labels] & mask
