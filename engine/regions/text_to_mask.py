"""Where in a picture of the starter's world is what some words say: "cat", "red car", "subject".

The model is made by `training.text_to_mask` and lies beside the starter's parts.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from engine.regions.masks import OTHER_WAYS, Mask, NothingFoundError, Point, enlarged, part_at, pixel
from engine.regions.network import PixelNetwork

LEVELS = (24, 40, 64, 112)
WIDTH = 48
SIDE = 128
MULTIPLE = 32
NEEDED_SHARE = 0.002
NEEDED_CERTAINTY = 0.65
# What lies to such a part where something clearer was seen is no thing of its own.
OVERLAP = 0.3


class TextToMask(nn.Module):
    """Finds things by their names and colours: a vector a pixel, a vector a word, and how well they agree.

    `words` are all that it knows, each a single word; `nouns` are the names of all kinds of things.
    """

    def __init__(self, words: tuple[str, ...], nouns: tuple[str, ...]) -> None:
        super().__init__()
        self.words = words
        self.nouns = nouns
        self.network = PixelNetwork(WIDTH, LEVELS)
        self.embedding = nn.Embedding(len(words) + 1, WIDTH, padding_idx=0)
        self._numbers = {word: number for number, word in enumerate(words, 1)}

    def numbers(self, names: Sequence[str]) -> torch.Tensor:
        """Return the numbers of the words of each name, (names, words), 0 after the last.

        Raises NothingFoundError for words that it doesn't know.
        """
        rows = [torch.tensor(self._numbers_of(name)) for name in names]
        return nn.utils.rnn.pad_sequence(rows, batch_first=True)

    def _numbers_of(self, name: str) -> list[int]:
        words = re.findall(r"[^\W\d_]+", name)
        unknown = next((word for word in words if word not in self._numbers), None if words else name)
        if unknown is not None:
            known = f"this model can look for {len(self.nouns)} kinds of things"
            raise NothingFoundError(f"I can't look for “{unknown[:50]}”, {known}; {OTHER_WAYS}.")
        return [self._numbers[word] for word in words]

    def forward(self, pictures: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
        """Return how sure it is (logits) of each of q descriptions at each 2 by 2 pixels.

        Shapes: pictures (n, 3, height, width), -1 to 1; numbers (n, q, w), 0 after the last word; result
        (n, q, height / 2, width / 2).
        """
        sought = self.embedding(numbers).sum(dim=2)
        return torch.einsum("nqc,nchw->nqhw", sought, self.network(pictures))

    def find(self, picture: Image.Image, names: Sequence[str]) -> list[Mask | None]:
        """Return where in a picture in RGB each of the names is, or None for what isn't there.

        Raises NothingFoundError for words that it doesn't know.
        """
        masks: list[Mask | None] = []
        for logits in self._logits(picture, names):
            masks.append(enlarged(_sigmoid(logits), picture.size) if _is_there(logits) else None)
        return masks

    def seen(self, picture: Image.Image, names: Sequence[str]) -> list[str]:
        """Return which of the names are in a picture in RGB, the clearest first; of names for one place only one.

        Raises NothingFoundError for words that it doesn't know.
        """
        logits = self._logits(picture, names)
        found = logits > 0
        clearness = (logits * found).sum(axis=(1, 2))
        taken, seen = np.zeros(found.shape[1:], bool), []
        for number in clearness.argsort()[::-1]:
            here = found[number]
            if not _is_there(logits[number]) or (here & taken).sum() > OVERLAP * here.sum():
                continue
            taken |= here
            seen.append(names[number])
        return seen

    def at(self, picture: Image.Image, point: Point) -> Mask | None:
        """Return the thing at a point of a picture in RGB, of the kind that fits best there, or None for no thing."""
        logits = self._logits(picture, self.nouns)
        x, y = pixel(point, (logits.shape[2], logits.shape[1]))
        mask = enlarged(_sigmoid(logits[logits[:, y, x].argmax()]), picture.size)
        part = part_at(mask, point)
        return part if part.any() else None

    @torch.inference_mode()
    def _logits(self, picture: Image.Image, names: Sequence[str]) -> np.ndarray:
        """Return how sure it is of each name at each pixel of a small copy of the picture: (names, height, width)."""
        numbers = self.numbers(names)[None]
        small = np.asarray(picture.resize(_working_size(picture.size), Image.Resampling.BOX))
        pixels = torch.from_numpy(small.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
        return functional.interpolate(self(pixels, numbers), scale_factor=2.0, mode="bilinear")[0].numpy()

    def save(self, folder: Path) -> None:
        """Write the words, and the weights in half precision."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "words.json").write_text(json.dumps({"words": self.words, "nouns": self.nouns}))
        save_file({name: value.half() for name, value in self.state_dict().items()}, folder / "model.safetensors")

    @classmethod
    def load(cls, folder: Path) -> "TextToMask":
        """Read what `save` has written."""
        known = json.loads((folder / "words.json").read_text())
        model = cls(tuple(known["words"]), tuple(known["nouns"]))
        model.load_state_dict({name: value.float() for name, value in load_file(folder / "model.safetensors").items()})
        return model.eval()


def _is_there(logits: np.ndarray) -> bool:
    found = logits > 0
    return bool(found.mean() >= NEEDED_SHARE and _sigmoid(logits[found]).mean() >= NEEDED_CERTAINTY)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return torch.from_numpy(logits).sigmoid().numpy()


def _working_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return about the picture's shape with its longer side as in training, both sides fit for the network."""
    width, height = (max(MULTIPLE, round(SIDE * side / max(size) / MULTIPLE) * MULTIPLE) for side in size)
    return width, height
