"""Files made to hurt whoever reads them."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

from tests.support.images import encoded, meadow, png

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
PAYLOAD = b"<script>alert(1)</script>"
# What a length may be made to say.
LIES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunks(*chunks: bytes, picture: bytes = b"") -> bytes:
    """Return a PNG file with more chunks after its header."""
    picture = picture or png(meadow(32, 24))
    return picture[:33] + b"".join(chunks) + picture[33:]


def declared(width: int, height: int) -> bytes:
    """Return a PNG file that says it is so large, and has next to nothing in it."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    return PNG_HEAD + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def deflated(megabytes: int) -> bytes:
    """Return a thousandth of what it inflates to."""
    packer = zlib.compressobj(9)
    return b"".join([*(packer.compress(bytes(2**20)) for _ in range(megabytes)), packer.flush()])


def looping_exif(orientation: int) -> bytes:
    """Return EXIF data whose directories lead back to themselves."""
    tags = [(0x0112, 3, 1, orientation), (0x8769, 4, 1, 8), (0x8825, 4, 1, 8), (0x014A, 4, 0xFFFFFF, 8)]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 8)


def profile() -> bytes:
    """Return a good colour profile."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def zipped() -> bytes:
    """Return an archive, to be appended to a picture."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("evil.html", PAYLOAD)
    return archive.getvalue()


def script_gif() -> bytes:
    """Return a GIF that is a script as well: its width begins a comment, which ends after the picture."""
    picture = bytearray(encoded(meadow(32, 24), "GIF"))
    picture[6:8] = b"/*"
    return bytes(picture) + b"*/=1;" + PAYLOAD


def moving(image_format: str) -> bytes:
    """Return a picture of three frames."""
    frames = [meadow(32, 24).rotate(90 * number) for number in range(3)]
    return encoded(frames[0], image_format, save_all=True, append_images=frames[1:], duration=50)


def seeds() -> list[bytes]:
    """Return small pictures of every format, with all that their files may have beside pixels."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a meadow"
    said = PngImagePlugin.PngInfo()
    said.add_text("parameters", "a meadow", zip=True)
    said.add_itxt("title", "a meadow", "en", "title", zip=True)
    colour, clear = meadow(32, 24), meadow(32, 24, "RGBA")
    clear.putalpha(Image.linear_gradient("L").resize((32, 24)))
    deep = Image.fromarray(np.arange(32 * 24, dtype=np.uint16).reshape(24, 32) * 80)
    return [
        png(colour, pnginfo=said, icc_profile=profile(), exif=exif),
        png(clear),
        png(colour.convert("P"), transparency=3),
        png(deep),
        png(colour.convert("1")),
        moving("PNG"),
        encoded(colour, "JPEG", exif=exif, icc_profile=profile()),
        encoded(colour, "JPEG", progressive=True, subsampling=0, quality=95),
        encoded(colour.convert("CMYK"), "JPEG"),
        encoded(colour.convert("L"), "JPEG", restart_marker_blocks=2),
        encoded(colour, "WEBP", exif=exif, icc_profile=profile()),
        encoded(clear, "WEBP", lossless=True),
        encoded(clear, "WEBP", quality=50),
        moving("WEBP"),
        encoded(colour, "GIF"),
        encoded(colour.convert("P"), "GIF", transparency=2, interlace=1, comment=b"a meadow"),
        moving("GIF"),
        encoded(colour, "BMP"),
        encoded(colour.convert("P"), "BMP"),
        encoded(colour, "TIFF", compression="tiff_lzw", exif=exif),
        encoded(colour, "TIFF", compression="jpeg"),
        encoded(clear, "TIFF", compression="tiff_deflate"),
    ]


def mutated(count: int, seed: int) -> Iterator[bytes]:
    """Return so many damaged files, the same ones for the same seed."""
    chance, originals = random.Random(seed), seeds()
    for number in range(count):
        data = bytearray(originals[number % len(originals)])
        for _ in range(chance.choice((1, 1, 2, 4, 16))):
            _damage(data, chance, originals)
        yield _mended(bytes(data)) if chance.random() < 0.7 else bytes(data)


def _damage(data: bytearray, chance: random.Random, originals: list[bytes]) -> None:
    if len(data) < 16:
        return
    # Most of what a reader believes stands at the beginning.
    place = chance.randrange(min(len(data), 120) if chance.random() < 0.6 else len(data))
    other = chance.choice(originals)
    begin = chance.randrange(len(other))
    piece = other[begin : begin + chance.choice((1, 4, 16, 64, 256))]
    match chance.randrange(8):
        case 0 | 1:
            data[place] ^= 1 << chance.randrange(8)
        case 2:
            data[place] = chance.randrange(256)
        case 3:
            width = chance.choice((1, 2, 4))
            order = chance.choice(("big", "little"))
            lie = chance.choice(LIES) & (256**width - 1)
            data[place : place + width] = lie.to_bytes(width, order)
        case 4:
            del data[place : place + (len(piece) if chance.random() < 0.5 else len(data))]
        case 5:
            data[place:place] = piece
        case 6:
            data[place : place + len(piece)] = piece
        case 7:
            data[place:place] = data[place : place + len(piece)] * chance.choice((1, 2, 50))


def _mended(data: bytes) -> bytes:
    """Return the file with the checksums of its PNG chunks put right, so that a reader gets further."""
    if not data.startswith(PNG_HEAD):
        return data
    parts, rest = [PNG_HEAD], data[8:]
    while len(rest) >= 12:
        (length,) = struct.unpack(">I", rest[:4])
        if length > len(rest) - 12:
            break
        parts += [rest[:4], rest[4 : 8 + length], struct.pack(">I", zlib.crc32(rest[4 : 8 + length]))]
        rest = rest[12 + length :]
    return b"".join([*parts, rest])
