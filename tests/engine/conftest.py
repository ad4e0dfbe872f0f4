"""Fixtures of the engine's tests: a local Hugging Face Hub, and a small text-to-mask head."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import torch

from bot.web.server import serving
from engine.models.source import STARTER
from engine.regions.descriptions import SUBJECT
from engine.regions.text_to_mask import TextToMask
from tests.support.hub import Hub
from tests.support.images import two_things


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    """A repository as Stable Diffusion's are: with a safety checker, halves beside wholes, and loose files."""
    folder = tmp_path / "repository"
    shutil.copytree(STARTER, folder)
    index = json.loads((folder / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    (folder / "model_index.json").write_text(json.dumps(index))
    (folder / "safety_checker").mkdir()
    (folder / "safety_checker" / "model.safetensors").write_bytes(b"never fetched")
    (folder / "loose.ckpt").write_bytes(b"never fetched")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    shutil.copyfile(weights, weights.with_suffix(".fp16.safetensors"))
    made = Hub(folder)
    async with serving(made.app, "127.0.0.1", 0) as made.address:
        yield made


@pytest.fixture(scope="session")
def head() -> TextToMask:
    """A text-to-mask head that was taught one scene of two things and `subject`, in a few seconds."""
    torch.manual_seed(0)
    head = TextToMask(("blue", "hen", "pig", "red", SUBJECT), ("hen", "pig"))
    picture, wanted = two_things()
    names = ["hen", "pig", SUBJECT, "red hen", "blue hen"]
    masks = torch.stack([torch.from_numpy(wanted.get(name, np.zeros((128, 128), bool))) for name in names])
    targets = torch.nn.functional.avg_pool2d(masks.float(), 2)[None]
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
    numbers = head.numbers(names)[None]
    optimizer = torch.optim.Adam(head.parameters(), 4e-3)
    for _ in range(80):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(head(pixels, numbers), targets).backward()
        optimizer.step()
    return head.eval()
