"""How pictures look, in 64 bits: pictures that look alike differ in few of them.

The perceptual hash of the discrete cosine transform: Zauner 2010, Implementation and Benchmarking of Perceptual Image
Hash Functions, 3.2.1.
"""

import io

import cv2
import numpy as np
from PIL import Image

SIDE, LOWEST = 32, 8


def phash(file: bytes) -> int:
    """Return the hash of a picture's file, a signed number of 64 bits. Blocking: call from a thread."""
    with Image.open(io.BytesIO(file)) as image:
        small = image.convert("RGB").convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    # The lowest frequencies in both directions, without those that tell only of brightness and of one direction.
    low = cv2.dct(np.asarray(small, np.float32))[1 : LOWEST + 1, 1 : LOWEST + 1]
    return int(np.packbits(low > np.median(low)).view(">i8")[0])


def bits_apart(hashes: np.ndarray, other: int) -> np.ndarray:
    """Return in how many bits each of the hashes, in int64, differs from another one."""
    return np.bitwise_count((hashes ^ np.int64(other)).view(np.uint64))
