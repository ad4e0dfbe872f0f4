"""The painter's pictures as they go to the browser, and the mask as it comes back.

Both go at display size: a browser on a phone can't hold 40 megapixels. What blocks is for a thread.
"""

import asyncio
import io
import struct

from PIL import Image

from bot.core.errors import MaskError, PictureError
from bot.imaging.images import read_picture

LONGEST_SIDE = 2048
# What each lightness becomes: white from the middle on.
SHARPENED = [0] * 128 + [255] * 128
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def display_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size at which a picture of this size is painted on: at most 2048 pixels on its longer side."""
    scale = min(1, LONGEST_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def picture_size(picture: bytes) -> tuple[int, int]:
    """Return the width and height of a picture of ours."""
    return Image.open(io.BytesIO(picture)).size


def display_picture(picture: bytes) -> bytes:
    """Return a picture of ours at display size as WebP."""
    image = Image.open(io.BytesIO(picture))
    buffer = io.BytesIO()
    image.resize(display_size(image.size), Image.Resampling.BICUBIC, reducing_gap=2).save(
        buffer, "WEBP", quality=90, method=2, icc_profile=image.info.get("icc_profile")
    )
    return buffer.getvalue()


def display_mask(mask_image: bytes) -> bytes:
    """Return a mask of ours at display size as PNG, mode L, 255 = repaint, else 0."""
    mask = Image.open(io.BytesIO(mask_image))
    buffer = io.BytesIO()
    _sharp(mask, display_size(mask.size)).save(buffer, "PNG")
    return buffer.getvalue()


async def read_painted_mask(data: bytes, size: tuple[int, int]) -> Image.Image:
    """Return what a browser sends as a `mask_image` of the picture's size: mode L, 255 = repaint, else 0.

    It has to be a PNG of display size or of the picture's own, which is read from its first bytes. It is decoded as all
    that members send; see `bot.imaging.images`. Raises MaskError.
    """
    if len(data) < 24 or not data.startswith(PNG_HEAD) or data[12:16] != b"IHDR":
        raise MaskError("What arrived is not a PNG; reload the page and paint the region again.")
    sent_size = struct.unpack(">II", data[16:24])
    if sent_size not in (size, display_size(size)):
        raise MaskError(
            f"The region has {sent_size[0]} × {sent_size[1]} pixels and the picture {size[0]} × {size[1]}; "
            "reload the page and paint it again."
        )
    try:
        drawing = await read_picture(data)
    except PictureError as error:
        raise MaskError("The region did not arrive whole; press “Use this region” again.") from error
    mask = await asyncio.to_thread(_sharp, drawing, size)
    if mask.getbbox() is None:
        raise MaskError("Nothing is painted yet; paint over what should change.")
    return mask


def _sharp(mask: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the mask at a size, every pixel 0 or 255."""
    return mask.convert("L").resize(size, Image.Resampling.BILINEAR).point(SHARPENED)
