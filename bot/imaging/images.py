"""Pictures: those that members send, read in one form; and what is made of our own. What blocks is for a thread."""

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
# The longer side of a small copy.
THUMBNAIL = 384


def check_size(size: int) -> None:
    """Raise PictureError where a file of this many bytes is not accepted."""
    if size > MAX_BYTES:
        raise PictureError(
            _(
                "That file has {size} MiB and I take up to {most} MiB; send a smaller one.",
                size=f"{size / 2**20:.1f}",
                most=MAX_BYTES // 2**20,
            )
        )


async def read_picture(data: bytes) -> Image.Image:
    """Return a member's picture upright, in mode RGB, or RGBA where it has transparent pixels.

    Another process decodes it; see `bot.imaging.decoder`. The colour profile is kept in `info["icc_profile"]` where it
    still fits the mode. Raises PictureError for what is no picture, too large, animated or truncated.
    """
    return (await _decoded(data)).image


async def parameters_text(data: bytes) -> str:
    """Return what a picture's file says of how it was made, or nothing. Raises PictureError as `read_picture` does."""
    return (await _decoded(data)).parameters


async def _decoded(data: bytes) -> Decoded:
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
    """Return the picture as a PNG file with its colour profile."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=4, icc_profile=image.info.get("icc_profile"))
    return buffer.getvalue()


def blended(pictures: Sequence[Image.Image]) -> Image.Image:
    """Return pictures laid over each other, all counting the same, in the size of the first."""
    first, *others = (picture.convert("RGB") for picture in pictures)
    together = first
    for number, other in enumerate(others, 2):
        together = Image.blend(together, ImageOps.fit(other, first.size), 1 / number)
    return together


def thumbnail(png: bytes) -> bytes:
    """Return a small WebP file that shows a picture."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    return _encoded(image, "WEBP", quality=80)


def fit_upload(png: bytes, limit: int) -> tuple[bytes, str]:
    """Return a file of at most `limit` bytes that shows the picture, and its suffix.

    The PNG itself where it fits, else the same pixels as lossless WebP, else a JPEG, as large as fits.
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
