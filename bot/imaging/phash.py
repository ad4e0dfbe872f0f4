"""How pictures look, in 64 bits: pictures that look alike differ in few of them.

The perceptual hash of the discrete cosine transform: Zauner 2010, Implementation and Benchmarking of Perceptual Image
Hash Functions, 3.2.1.
"""

import hashlib
import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

SIDE, LOWEST = 32, 8
# In so few bits of 64 a picture differs from copies of it that were scaled or compressed; see docs/security.md.
COPY = 4
# The look of what has no coefficient as large as that of a step of one level of 255, which any file format may change.
FLAT, LEAST = 0, 16.0


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """By what a picture is known again.

    `pixels` is the SHA-256 of its size and its pixels in RGBA, whatever file they come in. `looks` is its `phash`, or
    FLAT where there is next to nothing to be seen.
    """

    pixels: bytes
    looks: int

    def is_like(self, other: "Fingerprint") -> bool:
        """Return whether one of two pictures is a copy of the other: its very pixels, or scaled or compressed."""
        is_flat = FLAT in (self.looks, other.looks)
        apart = int(bits_apart(np.array([self.looks], np.int64), other.looks)[0])
        return self.pixels == other.pixels or (not is_flat and apart <= COPY)


def fingerprint(file: bytes) -> Fingerprint:
    """Return by what a picture's file is known again. Blocking: call from a thread."""
    with Image.open(io.BytesIO(file)) as image:
        pixels = image.convert("RGBA")
        digest = hashlib.sha256(repr(pixels.size).encode())
        digest.update(pixels.tobytes())
        low = _low(image)
        return Fingerprint(digest.digest(), FLAT if np.abs(low).max() < LEAST else _bits(low))


def phash(file: bytes) -> int:
    """Return the hash of a picture's file, a signed number of 64 bits. Blocking: call from a thread."""
    with Image.open(io.BytesIO(file)) as image:
        return _bits(_low(image))


def _low(image: Image.Image) -> np.ndarray:
    """Return the lowest frequencies in both directions, without those of brightness and of one direction alone."""
    small = image.convert("RGB").convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return cv2.dct(np.asarray(small, np.float32))[1 : LOWEST + 1, 1 : LOWEST + 1]


def _bits(low: np.ndarray) -> int:
    return int(np.packbits(low > np.median(low)).view(">i8")[0])


def bits_apart(hashes: np.ndarray, other: int) -> np.ndarray:
    """Return in how many bits each of the hashes, in int64, differs from another one."""
    return np.bitwise_count((hashes ^ np.int64(other)).view(np.uint64))
