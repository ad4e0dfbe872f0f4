"""Where in a picture of the starter's world is what some words say: "the cat", "the red car".

The model is made by `training.text_to_mask` and lies beside the starter's parts.
"""

import json
import re
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from engine.regions.network import PixelNetwork

LEVELS = (24, 40, 64, 112)
WIDTH = 48
SIDE = 128
MULTIPLE = 32
NEEDED_SHARE = 0.002
NEEDED_CERTAINTY = 0.75
FILLERS = frozenset(("a", "an", "the", "this", "that", "my", "his", "her", "its"))


class NothingFoundError(Exception):
    """No place in the picture fits the words; the message is one sentence for the member."""


class TextToMask(nn.Module):
    """Finds things by their names and colours: a vector a pixel, a vector a word, and how well they agree.

    `words` are all that it knows, each a single word.
    """

    def __init__(self, words: tuple[str, ...]) -> None:
        super().__init__()
        self.words = words
        self.network = PixelNetwork(WIDTH, LEVELS)
        self.embedding = nn.Embedding(len(words) + 1, WIDTH, padding_idx=0)
        self._numbers = {word: number for number, word in enumerate(words, 1)}

    def numbers(self, text: str) -> list[int]:
        """Return the numbers of the words of a description. Raises NothingFoundError for words it doesn't know."""
        words = [word for word in re.findall(r"[^\W\d_]+", text.lower()) if word not in FILLERS]
        unknown = [word for word in words if word not in self._numbers]
        if unknown or not words:
            named = f"“{unknown[0][:50]}”" if unknown else "any thing in that"
            raise NothingFoundError(f"I can't look for {named}; the starter model finds {len(self.words)} words only.")
        return [self._numbers[word] for word in words]

    def forward(self, pictures: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
        """Return how sure it is (logits) of each of q descriptions at each 2 by 2 pixels.

        Shapes: pictures (n, 3, height, width), -1 to 1; numbers (n, q, w), 0 after the last word; result
        (n, q, height / 2, width / 2).
        """
        sought = self.embedding(numbers).sum(dim=2)
        return torch.einsum("nqc,nchw->nqhw", sought, self.network(pictures))

    @torch.inference_mode()
    def find(self, picture: Image.Image, text: str) -> Image.Image:
        """Return the mask of what the text describes: mode L, the picture's size, 255 where it is, else 0.

        Raises NothingFoundError.
        """
        numbers = torch.tensor([[self.numbers(text)]])
        width, height = _working_size(picture.size)
        small = np.asarray(picture.convert("RGB").resize((width, height), Image.Resampling.BOX))
        pixels = torch.from_numpy(small.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
        logits = functional.interpolate(self(pixels, numbers), scale_factor=2.0, mode="bilinear")[0, 0]
        found = logits > 0
        if found.float().mean() < NEEDED_SHARE or logits[found].sigmoid().mean() < NEEDED_CERTAINTY:
            raise NothingFoundError(f"I see no “{text.strip()[:50]}” in your picture; name another, or give a mask.")
        mask = Image.fromarray((logits.sigmoid() * 255).byte().numpy())
        return mask.resize(picture.size, Image.Resampling.BICUBIC).point([0] * 128 + [255] * 128)

    def save(self, folder: Path) -> None:
        """Write the words, and the weights in half precision."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "words.json").write_text(json.dumps(self.words))
        save_file({name: value.half() for name, value in self.state_dict().items()}, folder / "model.safetensors")

    @classmethod
    def load(cls, folder: Path) -> "TextToMask":
        """Read what `save` has written."""
        model = cls(tuple(json.loads((folder / "words.json").read_text())))
        model.load_state_dict({name: value.float() for name, value in load_file(folder / "model.safetensors").items()})
        return model.eval()


def _working_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return about the picture's shape with its longer side as in training, both sides fit for the network."""
    width, height = (max(MULTIPLE, round(SIDE * side / max(size) / MULTIPLE) * MULTIPLE) for side in size)
    return width, height
