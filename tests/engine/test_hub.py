"""Loading from the Hugging Face Hub, against a small server that answers as the Hub does."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.api import wire
from engine.api.messages import EngineOptions
from tests.support.hub import REPOSITORY, Hub


async def check(
    hub: Hub, home: Path, model: str = REPOSITORY, revision: str | None = None, **environment: str
) -> dict[str, Any]:
    """Load the model in a process of its own, as `doctor` does; return what it found."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "engine", "check"),
        env={**os.environ, "HF_ENDPOINT": hub.address, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0", **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    options = EngineOptions(model, revision, device="cpu")
    output, log = await process.communicate(wire.encode(options))
    assert process.returncode == 0, log.decode()
    return {**json.loads(output), "log": log.decode()}


async def test_a_model_is_fetched_once_and_then_works_offline(hub: Hub, tmp_path: Path) -> None:
    found = await check(hub, tmp_path / "cache")
    assert found["model"] == REPOSITORY
    shares = [int(share) for share in re.findall(rf"fetching {REPOSITORY} \((\d+)%\)", found["log"])]
    assert shares[-1] == 100
    assert len(shares) > 2
    assert shares == sorted(shares)
    assert "unet/diffusion_pytorch_model.fp16.safetensors" in hub.fetched
    assert not {
        "unet/diffusion_pytorch_model.safetensors",
        "safety_checker/model.safetensors",
        "loose.ckpt",
    } & set(hub.fetched)
    fetched = list(hub.fetched)
    assert (await check(hub, tmp_path / "cache"))["model"] == REPOSITORY
    assert (await check(hub, tmp_path / "cache", HF_HUB_OFFLINE="1"))["model"] == REPOSITORY
    assert hub.fetched == fetched


@pytest.mark.parametrize(
    ("model", "refusal", "revision", "sentence"),
    [
        ("studio/unknown", None, None, "There is no model studio/unknown on the Hub"),
        (REPOSITORY, (403, "GatedRepo"), None, "is gated: accept its terms on its Hub page, then set HF_TOKEN"),
        (REPOSITORY, None, "v9", "has no revision v9; check ATELIER_MODEL_REVISION"),
        (REPOSITORY, (503, ""), None, "is not in the cache and the Hub can't be reached"),
    ],
)
async def test_what_the_hub_refuses_is_one_sentence(
    hub: Hub, tmp_path: Path, model: str, refusal: tuple[int, str] | None, revision: str | None, sentence: str
) -> None:
    hub.refusal = refusal
    found = await check(hub, tmp_path / "cache", model, revision)
    assert sentence in found["error"]
    assert "\n" not in found["error"]
