"""Where requests for regions are answered, one after another, beside the painting and never in its way."""

import logging
from collections.abc import Callable
from queue import SimpleQueue

import numpy as np
from PIL import Image

from engine.images import opaque, read_png, write_png
from engine.messages import RegionAnswer, RegionFound, RegionMissing, RegionRequest
from engine.regions.finder import Finder
from engine.regions.masks import NothingFoundError

log = logging.getLogger(__name__)

UNREADABLE = "I can't read this picture; send it again as a PNG or JPEG file."
STUMBLED = "I stumbled while looking at your picture; try again, paint the region, or give a mask."


def serve(finder: Finder, requests: SimpleQueue[RegionRequest], emit: Callable[[RegionAnswer], None]) -> None:
    """Answer requests as they come, without end: for a thread of its own."""
    while True:
        emit(answer(finder, requests.get()))


def answer(finder: Finder, request: RegionRequest) -> RegionAnswer:
    """Find the region that a request asks for; whatever goes wrong becomes a sentence."""
    try:
        picture = opaque(read_png(request.image))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        log.exception("the picture of region %s can't be read", request.id)
        return RegionMissing(request.id, UNREADABLE)
    try:
        found = finder.find(picture, request.description) if request.at is None else finder.at(picture, request.at)
    except NothingFoundError as error:
        return RegionMissing(request.id, str(error))
    except Exception:
        log.exception("region %s failed", request.id)
        return RegionMissing(request.id, STUMBLED)
    return RegionFound(request.id, write_png(Image.fromarray(found.mask.astype(np.uint8) * 255)), found.note)
