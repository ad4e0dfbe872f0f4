"""Scaling of pictures and masks for the painter, and decoding of painted masks.

The browser gets both at display size, because a browser on a phone can't hold 40 megapixels. The synchronous functions
do CPU work and should run in a thread.
"""

import asyncio
import io
import struct

from PIL import Image

from bot.core.errors import MaskError, PictureError
from bot.imaging.images import read_picture

LONGEST_SIDE = 2048
# Lookup table for `Image.point`: 0 below 128, 255 from 128 on.
SHARPENED = [0] * 128 + [255] * 128
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def display_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size at which the painter shows a picture: its longer side has at most 2048 pixels."""
    scale = min(1, LONGEST_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def picture_size(picture: bytes) -> tuple[int, int]:
    """Return width and height of a stored picture; reads only its header."""
    return Image.open(io.BytesIO(picture)).size


def display_picture(picture: bytes) -> bytes:
    """Return a stored picture at display size as WebP."""
    image = Image.open(io.BytesIO(picture))
    buffer = io.BytesIO()
    image.resize(display_size(image.size), Image.Resampling.BICUBIC, reducing_gap=2).save(
        buffer, "WEBP", quality=90, method=2, icc_profile=image.info.get("icc_profile")
    )
    return buffer.getvalue()


def display_mask(mask_image: bytes) -> bytes:
    """Return a stored mask at display size as PNG, mode L, 255 = repaint, else 0."""
    mask = Image.open(io.BytesIO(mask_image))
    buffer = io.BytesIO()
    _binarized(mask, display_size(mask.size)).save(buffer, "PNG")
    return buffer.getvalue()


async def read_painted_mask(data: bytes, size: tuple[int, int]) -> Image.Image:
    """Decode the PNG that the painter sends into a mask of the picture's `size`: mode L, 255 = repaint, else 0.

    The PNG must have display size or `size`; its header is checked before it is decoded like any upload, see
    `bot.imaging.images`. Raises MaskError if the data is no PNG, has another size, is damaged, or has no painted pixel.
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
    mask = await asyncio.to_thread(_binarized, drawing, size)
    if mask.getbbox() is None:
        raise MaskError("Nothing is painted yet; paint over what should change.")
    return mask


def _binarized(mask: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the mask scaled to `size`, with every pixel 0 or 255."""
    return mask.convert("L").resize(size, Image.Resampling.BILINEAR).point(SHARPENED)
