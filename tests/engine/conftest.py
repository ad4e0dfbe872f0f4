"""Fixtures of the engine's tests: a local Hugging Face Hub."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.web.server import serving
from engine.models.source import STARTER
from tests.support.hub import Hub


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
