"""Anything that words describe: CLIPSeg (Lüddecke and Ecker 2022)."""

from collections.abc import Sequence

import torch
from PIL import Image
from transformers import CLIPSegForImageSegmentation, CLIPSegProcessor

from engine.regions.fetched import fetched
from engine.regions.masks import Mask, enlarged

CLIPSEG = "CIDAS/clipseg-rd64-refined"
# Where something is, the network seldom comes near to 1.
THRESHOLD = 0.4
SMALLEST = 0.002


class ClipSeg:
    """Finds what words describe."""

    def __init__(self, name: str, device: str) -> None:
        """Take the network from a Hub id or a folder. Raises ModelUnavailableError."""
        self._device = device
        self._processor, self._network = fetched(name, CLIPSegProcessor, CLIPSegForImageSegmentation, device)

    @torch.inference_mode()
    def find(self, picture: Image.Image, names: Sequence[str]) -> list[Mask | None]:
        """Return where in a picture in RGB each of the names is, or None for what isn't there."""
        inputs = self._processor(text=list(names), images=[picture] * len(names), padding=True, return_tensors="pt")
        logits = self._network(**inputs.to(self._device)).logits
        certainties = logits.reshape(len(names), *logits.shape[-2:]).sigmoid().cpu().numpy()
        return [
            # `enlarged` has its threshold at 0.5.
            enlarged(each * (0.5 / THRESHOLD), picture.size) if (each >= THRESHOLD).mean() > SMALLEST else None
            for each in certainties
        ]
