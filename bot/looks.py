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


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """By what a picture is known again.

    `pixels` is the SHA-256 of its size and its pixels in RGBA, whatever file they come in; `looks` is its `phash`.
    """

    pixels: bytes
    looks: int

    def is_like(self, other: "Fingerprint") -> bool:
        """Return whether one of two pictures is a copy of the other: its very pixels, or scaled or compressed."""
        return self.pixels == other.pixels or int(bits_apart(np.array([self.looks]), other.looks)[0]) <= COPY


def fingerprint(file: bytes) -> Fingerprint:
    """Return by what a picture's file is known again. Blocking: call from a thread."""
    with Image.open(io.BytesIO(file)) as image:
        pixels = image.convert("RGBA")
        digest = hashlib.sha256(repr(pixels.size).encode())
        digest.update(pixels.tobytes())
        return Fingerprint(digest.digest(), _phash(image))


def phash(file: bytes) -> int:
    """Return the hash of a picture's file, a signed number of 64 bits. Blocking: call from a thread."""
    with Image.open(io.BytesIO(file)) as image:
        return _phash(image)


def _phash(image: Image.Image) -> int:
    small = image.convert("RGB").convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    # The lowest frequencies in both directions, without those that tell only of brightness and of one direction.
    low = cv2.dct(np.asarray(small, np.float32))[1 : LOWEST + 1, 1 : LOWEST + 1]
    return int(np.packbits(low > np.median(low)).view(">i8")[0])


def bits_apart(hashes: np.ndarray, other: int) -> np.ndarray:
    """Return in how many bits each of the hashes, in int64, differs from another one."""
    return np.bitwise_count((hashes ^ np.int64(other)).view(np.uint64))
