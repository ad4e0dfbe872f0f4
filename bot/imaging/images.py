"""Images: reading the files of members, and encoding, blending and scaling the bot's own.

The functions that are not async block: call them from a thread.
"""

import asyncio
import io
from collections.abc import Sequence

from PIL import Image, ImageOps

from bot.core.errors import PictureError
from bot.core.i18n import _
from bot.imaging import decoder_worker
from bot.imaging.decoder import DECODER, Decoded, DecodingError
from bot.imaging.decoder_worker import MAX_PIXELS, UndecodableError

MAX_BYTES = 10 * 1024 * 1024
# The longer side of a thumbnail, in pixels.
THUMBNAIL = 384


def check_size(size: int) -> None:
    """Raise PictureError if a file of `size` bytes is larger than MAX_BYTES."""
    if size > MAX_BYTES:
        raise PictureError(
            _(
                "That file has {size} MiB and I take up to {most} MiB; send a smaller one.",
                size=f"{size / 2**20:.1f}",
                most=MAX_BYTES // 2**20,
            )
        )


async def read_picture(data: bytes) -> Image.Image:
    """Return a member's image upright, in mode RGB, or RGBA if it has transparent pixels.

    Another process decodes it; see `bot.imaging.decoder`. The colour profile is kept in `info["icc_profile"]` if it
    still fits the mode. Raises PictureError if the file is not an image, too large, animated or truncated.
    """
    return (await _decode(data)).image


async def parameters_text(data: bytes) -> str:
    """Return the text field `parameters` of an image file, or nothing. Raises PictureError; see `read_picture`."""
    return (await _decode(data)).parameters


async def _decode(data: bytes) -> Decoded:
    check_size(len(data))
    try:
        return await asyncio.wrap_future(DECODER.submit(data))
    except UndecodableError as refused:
        raise PictureError(_refusal(refused)) from refused
    except DecodingError as error:
        raise PictureError(_("I can't read that picture; save it again as a PNG or JPEG and send it anew.")) from error


def _refusal(refused: UndecodableError) -> str:
    match refused.reason:
        case decoder_worker.TOO_LARGE:
            return _(
                "That picture has {width} × {height} pixels and I take up to {most} megapixels; send a smaller one.",
                width=refused.width,
                height=refused.height,
                most=MAX_PIXELS // 1_000_000,
            )
        case decoder_worker.IS_ANIMATED:
            return _("That picture is animated; send a still one.")
        case decoder_worker.DAMAGED:
            return _("That picture is damaged or not complete; save it again and send it anew.")
        case _:
            return _("I can't read that file as a picture; send a PNG, JPEG or WebP.")


def to_png(image: Image.Image) -> bytes:
    """Return the bytes of a PNG file with the image and its colour profile."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=4, icc_profile=image.info.get("icc_profile"))
    return buffer.getvalue()


def blended(pictures: Sequence[Image.Image]) -> Image.Image:
    """Return the average of several images in RGB, each cropped and scaled to the size of the first."""
    first, *others = (picture.convert("RGB") for picture in pictures)
    average = first
    for number, other in enumerate(others, 2):
        average = Image.blend(average, ImageOps.fit(other, first.size), 1 / number)
    return average


def thumbnail(png: bytes) -> bytes:
    """Return a thumbnail of a PNG file as a WebP file, at most THUMBNAIL pixels on the longer side."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    return _encoded(image, "WEBP", quality=80)


def fit_upload(png: bytes, limit: int) -> tuple[bytes, str]:
    """Return a file of at most `limit` bytes with the image of a PNG file, and the file's suffix.

    Tries the PNG file itself, then lossless WebP, then JPEG at quality 92, scaled by 3/4 until it fits.
    """
    if len(png) <= limit:
        return png, "png"
    image = Image.open(io.BytesIO(png))
    if max(image.size) <= 16_383:
        lossless = _encoded(image, "WEBP", lossless=True, method=2)
        if len(lossless) <= limit:
            return lossless, "webp"
    flat = image.convert("RGB")
    while len(small := _encoded(flat, "JPEG", quality=92)) > limit:
        flat = flat.resize((max(1, flat.width * 3 // 4), max(1, flat.height * 3 // 4)))
    return small, "jpg"


def _encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, icc_profile=image.info.get("icc_profile"), **options)
    return buffer.getvalue()
