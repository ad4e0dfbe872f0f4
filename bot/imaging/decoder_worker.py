"""The process that decodes what members send: a file in, its pixels out. It has the standard library and Pillow only.

A request is a length of four bytes and the file. An answer is a length and an object of JSON: `refusal`, one of the
words below; or `mode`, `width`, `height` and `parameters`, followed by the colour profile's `profile` bytes and by the
rows of pixels. The first answer says whether the process is `limited`.
"""

import io
import json
import os
import signal
import struct
import sys
import warnings
from contextlib import suppress
from typing import BinaryIO

from PIL import Image, ImageOps, MpoImagePlugin  # noqa: F401 - what a phone's JPEG may turn out to be

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
ANIMATED = ("GIF", "WEBP", "PNG")
MAX_PIXELS = 40_000_000
# What 40 megapixels need in the hungriest format, and half as much again.
MEMORY_BYTES = 1280 * 2**20
MAX_PARAMETERS = 20_000
ROWS = 256
HEADER = struct.Struct(">I")

UNREADABLE, TOO_LARGE, IS_ANIMATED, DAMAGED = "unreadable", "too large", "animated", "damaged"


class UndecodableError(Exception):
    """The file is not decoded; the reason is one of the words above."""

    def __init__(self, reason: str, width: int = 0, height: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.width = width
        self.height = height


def decode(data: bytes) -> tuple[Image.Image, str]:
    """Return a picture upright, as RGB or RGBA, and what its file says of how it was made. Raises RefusedError.

    The colour profile is kept in `info["icc_profile"]` where it still fits the mode. The pixel count is read from the
    header, so that a decompression bomb is never decoded.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except MemoryError:
        raise
    except Exception as error:  # whatever a header made for it brings Pillow to
        raise UndecodableError(UNREADABLE) from error
    if image.width * image.height > MAX_PIXELS:
        raise UndecodableError(TOO_LARGE, image.width, image.height)
    try:
        if getattr(image, "is_animated", False) and image.format in ANIMATED:
            raise UndecodableError(IS_ANIMATED)
        image.load()
        parameters = str(image.info.get("parameters", ""))[:MAX_PARAMETERS]
        return _in_one_form(ImageOps.exif_transpose(image)), parameters
    except (MemoryError, UndecodableError):
        raise
    except Exception as error:
        raise UndecodableError(DAMAGED) from error


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


def confine() -> bool:
    """Give up what decoding doesn't need: memory without end, files, processes; return whether memory is limited."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Image.MAX_IMAGE_PIXELS = None  # the size is checked above
    warnings.simplefilter("ignore")
    _load_formats()
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), sys.stderr.fileno())  # libtiff would write there what a file tells it to
    try:
        import resource
    except ImportError:  # Windows
        return False
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        resource.setrlimit(limit, (0, 0))
    with suppress(ValueError, OSError):  # macOS knows the limit and may refuse it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        return True
    return False


def _load_formats() -> None:
    """Read a picture in every format: Pillow imports much only when it needs it."""
    for image_format in FORMATS:
        file = io.BytesIO()
        Image.new("RGB", (1, 1)).save(file, image_format)
        decode(file.getvalue())


def _answer(output: BinaryIO, **answer: object) -> None:
    text = json.dumps(answer).encode()
    output.write(HEADER.pack(len(text)) + text)


def _send(output: BinaryIO, image: Image.Image, parameters: str) -> None:
    """Send a picture, a band of rows at a time: a second copy of it would need much memory."""
    profile = image.info.get("icc_profile", b"")
    width, height = image.size
    _answer(output, mode=image.mode, width=width, height=height, parameters=parameters, profile=len(profile))
    output.write(profile)
    for top in range(0, height, ROWS):
        output.write(image.crop((0, top, width, min(height, top + ROWS))).tobytes())


def main() -> None:
    """Answer requests until the bot closes the pipe; end where memory doesn't suffice."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    _answer(answers, limited=confine())
    answers.flush()
    while header := requests.read(HEADER.size):
        data = requests.read(*HEADER.unpack(header))
        try:
            image, parameters = decode(data)
            del data
            _send(answers, image, parameters)
            del image
        except UndecodableError as refused:
            _answer(answers, refusal=refused.reason, width=refused.width, height=refused.height)
        answers.flush()


if __name__ == "__main__":
    main()
