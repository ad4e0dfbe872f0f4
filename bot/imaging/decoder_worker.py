"""The decoder process for the images that members send; it imports only the standard library and Pillow.

A request is the file's length as four bytes (big endian), and the file. A response is a length in the same form and a
JSON object with either `refusal`, one of the reasons below; or `mode`, `width`, `height`, `parameters` and `profile`,
the number of bytes of the colour profile, which follows, and after it the rows of pixels. The first response, before
any request, says whether the memory is `limited`.
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

from PIL import Image, ImageOps, MpoImagePlugin  # noqa: F401 - the format of some phones' JPEG files

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
ANIMATED = ("GIF", "WEBP", "PNG")
MAX_PIXELS = 40_000_000
# 1.5 times the memory that 40 megapixels need in the most demanding format.
MEMORY_BYTES = 1280 * 2**20
MAX_PARAMETERS = 20_000
ROWS = 256
HEADER = struct.Struct(">I")

UNREADABLE, TOO_LARGE, IS_ANIMATED, DAMAGED = "unreadable", "too large", "animated", "damaged"


class UndecodableError(Exception):
    """The file is refused; `reason` is one of UNREADABLE, TOO_LARGE, IS_ANIMATED and DAMAGED."""

    def __init__(self, reason: str, width: int = 0, height: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.width = width
        self.height = height


def decode(data: bytes) -> tuple[Image.Image, str]:
    """Return an image, rotated upright by its EXIF data, in mode RGB or RGBA, and its text field `parameters`.

    The colour profile is kept in `info["icc_profile"]` if it still fits the mode. The pixel count is read from the
    header, so a decompression bomb is never decoded. Raises UndecodableError.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except MemoryError:
        raise
    except Exception as error:  # a crafted header can make Pillow raise anything
        raise UndecodableError(UNREADABLE) from error
    if image.width * image.height > MAX_PIXELS:
        raise UndecodableError(TOO_LARGE, image.width, image.height)
    try:
        if getattr(image, "is_animated", False) and image.format in ANIMATED:
            raise UndecodableError(IS_ANIMATED)
        image.load()
        parameters = str(image.info.get("parameters", ""))[:MAX_PARAMETERS]
        return _normalized(ImageOps.exif_transpose(image)), parameters
    except (MemoryError, UndecodableError):
        raise
    except Exception as error:
        raise UndecodableError(DAMAGED) from error


def _normalized(image: Image.Image) -> Image.Image:
    """Return the image in mode RGB, or RGBA if some pixel is not opaque."""
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
    """Limit this process's memory and forbid it to open or write files; return whether memory is limited."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Image.MAX_IMAGE_PIXELS = None  # `decode` checks the size
    warnings.simplefilter("ignore")
    _load_formats()
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), sys.stderr.fileno())  # libtiff prints text from the file there
    try:
        import resource
    except ImportError:  # Windows
        return False
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        resource.setrlimit(limit, (0, 0))
    with suppress(ValueError, OSError):  # macOS has this limit but may refuse it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        return True
    return False


def _load_formats() -> None:
    """Decode an image in every format: Pillow imports its plugins on first use, and later no file can be opened."""
    for image_format in FORMATS:
        file = io.BytesIO()
        Image.new("RGB", (1, 1)).save(file, image_format)
        decode(file.getvalue())


def _write_answer(output: BinaryIO, **answer: object) -> None:
    text = json.dumps(answer).encode()
    output.write(HEADER.pack(len(text)) + text)


def _write_image(output: BinaryIO, image: Image.Image, parameters: str) -> None:
    """Write an image in bands of ROWS rows, because a second copy of all pixels would need much memory."""
    profile = image.info.get("icc_profile", b"")
    width, height = image.size
    _write_answer(output, mode=image.mode, width=width, height=height, parameters=parameters, profile=len(profile))
    output.write(profile)
    for top in range(0, height, ROWS):
        output.write(image.crop((0, top, width, min(height, top + ROWS))).tobytes())


def main() -> None:
    """Answer requests until the bot closes the pipe; a MemoryError ends the process."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    _write_answer(answers, limited=confine())
    answers.flush()
    while header := requests.read(HEADER.size):
        data = requests.read(*HEADER.unpack(header))
        try:
            image, parameters = decode(data)
            del data
            _write_image(answers, image, parameters)
            del image
        except UndecodableError as refused:
            _write_answer(answers, refusal=refused.reason, width=refused.width, height=refused.height)
        answers.flush()


if __name__ == "__main__":
    main()
