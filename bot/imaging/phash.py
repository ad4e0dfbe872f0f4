"""Perceptual hashes of 64 bits: images that look alike differ in few bits.

The hash is based on the discrete cosine transform: Zauner 2010, Implementation and Benchmarking of Perceptual Image
Hash Functions, 3.2.1.
"""

import hashlib
import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

SIDE, FREQUENCIES = 32, 8
# An image and its scaled or compressed copies differ in at most this many of 64 bits; see docs/security.md.
MAX_COPY_DISTANCE = 4
# The hash of an image without structure: no coefficient reaches that of a step of one level of 255, which any file
# format may change.
FLAT, FLAT_BELOW = 0, 16.0


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The two hashes that identify an image and its copies.

    `pixels` is the SHA-256 of its size and its pixels in RGBA, independent of the file format. `looks` is its `phash`,
    or FLAT for an image almost without structure.
    """

    pixels: bytes
    looks: int

    def is_like(self, other: "Fingerprint") -> bool:
        """Return whether two images are copies: the same pixels, or hashes not FLAT that differ in few bits."""
        is_flat = FLAT in (self.looks, other.looks)
        distance = int(bits_apart(np.array([self.looks], np.int64), other.looks)[0])
        return self.pixels == other.pixels or (not is_flat and distance <= MAX_COPY_DISTANCE)


def fingerprint(file: bytes) -> Fingerprint:
    """Return the fingerprint of an image file. Blocks: call from a thread."""
    with Image.open(io.BytesIO(file)) as image:
        pixels = image.convert("RGBA")
        digest = hashlib.sha256(repr(pixels.size).encode())
        digest.update(pixels.tobytes())
        frequencies = _low_frequencies(image)
        return Fingerprint(digest.digest(), FLAT if np.abs(frequencies).max() < FLAT_BELOW else _hash(frequencies))


def phash(file: bytes) -> int:
    """Return the perceptual hash of an image file as a signed 64-bit integer. Blocks: call from a thread."""
    with Image.open(io.BytesIO(file)) as image:
        return _hash(_low_frequencies(image))


def _low_frequencies(image: Image.Image) -> np.ndarray:
    """Return the 8 by 8 lowest frequencies that vary in both directions, without the mean brightness."""
    small = image.convert("RGB").convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return cv2.dct(np.asarray(small, np.float32))[1 : FREQUENCIES + 1, 1 : FREQUENCIES + 1]


def _hash(frequencies: np.ndarray) -> int:
    return int(np.packbits(frequencies > np.median(frequencies)).view(">i8")[0])


def bits_apart(hashes: np.ndarray, other: int) -> np.ndarray:
    """Return the Hamming distance, 0 to 64, of each hash in an int64 array from another hash."""
    return np.bitwise_count((hashes ^ np.int64(other)).view(np.uint64))
