"""The thing at a point with no network: GrabCut (Rother et al. 2004), begun from the colours around the point."""

import cv2
import numpy as np
from PIL import Image

from engine.regions.masks import Mask, NothingFoundError, Point, enlarged, part_at, pixel

LONGEST_SIDE, SHORTEST_SIDE = 320, 16
ROUNDS = 5
# In fractions of the longer side: surely of the thing, and maybe.
NEAR, AROUND = 0.02, 0.25


def cut_out(picture: Image.Image, point: Point) -> Mask:
    """Return what belongs to a point of a picture in RGB by its colours, the picture's frame surely not.

    Raises NothingFoundError for a picture that is too small.
    """
    small = picture.copy()
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BOX)
    if min(small.size) < SHORTEST_SIDE:
        raise NothingFoundError(
            "This picture is too small to tell things in it apart; paint the region, or give a mask."
        )
    centre, side = pixel(point, small.size), max(small.size)
    marks = np.full((small.height, small.width), cv2.GC_PR_BGD, np.uint8)
    cv2.circle(marks, centre, round(AROUND * side), cv2.GC_PR_FGD, -1)
    cv2.rectangle(marks, (0, 0), (small.width - 1, small.height - 1), cv2.GC_BGD, 2)
    cv2.circle(marks, centre, max(1, round(NEAR * side)), cv2.GC_FGD, -1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(np.asarray(small)[:, :, ::-1].copy(), marks, (0, 0, 0, 0), *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = part_at((marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD), point)
    return enlarged(found.astype(np.float32), picture.size)
