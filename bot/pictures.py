"""Pictures that members send: checked before they are decoded, then brought into one form.

Blocking: call from a thread.
"""

import io
import struct
import warnings
from collections.abc import Sequence

from PIL import Image, ImageOps

from bot.errors import PictureError
from bot.words import say

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
# The longer side of a small copy.
THUMBNAIL = 384
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")


def check_size(size: int) -> None:
    """Raise PictureError where a file of this many bytes is not accepted."""
    if size > MAX_BYTES:
        raise PictureError(
            say(
                "That file has {size} MiB and I take up to {most} MiB; send a smaller one.",
                size=f"{size / 2**20:.1f}",
                most=MAX_BYTES // 2**20,
            )
        )


def read_picture(data: bytes) -> Image.Image:
    """Return a member's picture upright, in mode RGB, or RGBA where it has transparent pixels.

    The colour profile is kept in `info["icc_profile"]` where it still fits the mode. Raises PictureError for
    what is no picture, too large, animated or truncated; the pixel count is read from the header, so that a
    decompression bomb is never decoded.
    """
    check_size(len(data))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(data), formats=FORMATS)
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise PictureError(say("I can't read that file as a picture; send a PNG, JPEG or WebP.")) from error
    if image.width * image.height > MAX_PIXELS:
        raise PictureError(
            say(
                "That picture has {width} × {height} pixels and I take up to {most} megapixels; send a smaller one.",
                width=image.width,
                height=image.height,
                most=MAX_PIXELS // 1_000_000,
            )
        )
    if getattr(image, "is_animated", False) and image.format in ("GIF", "WEBP", "PNG"):
        raise PictureError(say("That picture is animated; send a still one."))
    try:
        image.load()
        upright = ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise PictureError(say("That picture is damaged or not complete; save it again and send it anew.")) from error
    return _in_one_form(upright)


def _in_one_form(image: Image.Image) -> Image.Image:
    """Return the picture as RGB, or as RGBA where some pixel is not opaque."""
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA", "P") else None
    if image.mode.startswith("I;16") or image.mode == "I":
        plain = image.convert("I").point(lambda value: value / 257).convert("L").convert("RGB")
    elif image.has_transparency_data:
        plain = image.convert("RGBA")
        if plain.getchannel("A").getextrema() == (255, 255):
            plain = plain.convert("RGB")
    else:
        plain = image.convert("RGB")
    plain.info = {"icc_profile": profile} if profile else {}
    return plain


def parameters_text(data: bytes) -> str:
    """Return what a picture's file says of how it was made, or nothing. Raises PictureError as `read_picture` does."""
    read_picture(data)
    return str(Image.open(io.BytesIO(data)).info.get("parameters", ""))


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
