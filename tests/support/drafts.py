"""Start drafts with a rectangular mask."""

from typing import Any

from PIL import Image, ImageDraw

from tests.support.images import png
from tests.support.server import Server


def box(left: int, upper: int, right: int, lower: int) -> Image.Image:
    """Return a mask of the meadow's size that is white in a box."""
    mask = Image.new("L", (160, 120))
    ImageDraw.Draw(mask).rectangle((left, upper, right - 1, lower - 1), fill=255)
    return mask


async def begun(server: Server, **options: Any) -> Any:
    """Use /inpaint with a box as the mask and return the card that the member alone sees."""
    result = await server.inpaint(**{"mask": ("mask.png", png(box(40, 30, 80, 60))), **options})
    assert result.ephemeral
    return result.response.message
