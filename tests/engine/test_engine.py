"""The engine process and its models, with no Discord."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionInpaintPipeline, UNet2DConditionModel
from PIL import Image

from bot.config import Settings
from engine.api.client import EngineDiedError, LocalEngine
from engine.api.messages import (
    Cancelled,
    EngineOptions,
    Failed,
    Finished,
    GenerationParameters,
    GenerationRequest,
    Progress,
    Ready,
    RequestEvent,
    Unavailable,
)
from engine.core import Batcher, paint
from engine.models.loading import Model, load_model
from engine.models.shelf import ModelCache
from engine.models.source import STARTER, ModelUnavailableError
from engine.schedulers import SCHEDULERS
from tests.support.images import NATIVE, ellipse, meadow, opened, png
from tests.support.shared_engine import SharedEngine
from tests.support.waiting import eventually


def request(request_id: int = 1, **parameters: Any) -> GenerationRequest:
    settings = {"prompt": "a cat in a green meadow", "num_inference_steps": 4, "guidance_scale": 4.0, **parameters}
    return GenerationRequest(request_id, GenerationParameters(**settings), png(meadow()), png(ellipse()))


async def events(engine: LocalEngine, asked: GenerationRequest) -> list[RequestEvent]:
    return [event async for event in engine.generate(asked)]


@pytest.fixture(params=[SharedEngine])
async def engine(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[LocalEngine]:
    """An engine that runs, on the process that other tests use as well; or on its own, for `LocalEngine` as a param."""
    engine = request.param(settings.engine_options())
    close = asyncio.Event()
    started = asyncio.Event()

    async def live() -> None:
        async with engine.running():
            started.set()
            await close.wait()

    life = asyncio.create_task(live())
    await started.wait()
    yield engine
    close.set()
    await life
    assert engine.pid is None


async def test_a_request_yields_progress_and_then_its_pictures(engine: LocalEngine) -> None:
    *progress, last = await events(engine, request(num_images=2))
    assert [(event.step, event.num_inference_steps) for event in progress if isinstance(event, Progress)] == [
        (1, 4),
        (2, 4),
        (3, 4),
        (4, 4),
    ]
    assert isinstance(last, Finished)
    assert [image.seed for image in last.images] == [0, 1]
    assert {opened(image.png).size for image in last.images} == {(160, 120)}
    assert last.model == "starter"
    assert isinstance(engine.state, Ready)


async def test_requests_at_once_each_get_their_own_events(engine: LocalEngine) -> None:
    alone = [(await events(engine, request(9, seed=seed)))[-1] for seed in (1, 2, 3)]
    together = await asyncio.gather(*(events(engine, request(seed, seed=seed)) for seed in (1, 2, 3)))
    for before, now in zip(alone, together, strict=True):
        assert isinstance(before, Finished)
        assert isinstance(now[-1], Finished)
        [alone_image], [image] = before.images, now[-1].images
        assert np.abs(levels(image.png) - levels(alone_image.png)).max() <= 1


async def test_requests_are_cancelled_one_by_one(engine: LocalEngine) -> None:
    running = engine.generate(request(1, num_inference_steps=100, num_images=4))
    await anext(running)
    other = engine.generate(request(2, num_inference_steps=100))
    # A request whose cancel overtakes it would not be found.
    await anext(other)
    await engine.cancel(2)
    assert [event async for event in other][-1] == Cancelled(2)
    await engine.cancel(1)
    assert [event async for event in running][-1] == Cancelled(1)
    assert isinstance((await events(engine, request(3)))[-1], Finished)
    await engine.cancel(3)


def test_the_pictures_of_a_request_come_on_together_where_a_batch_is_too_small_for_all() -> None:
    model = load_model("starter", None, "cpu", "auto", lambda _loading: None)
    assert isinstance(model, Model)
    model.runner.max_rows = 2
    events: list[RequestEvent] = []
    core = Batcher(ModelCache(model), events.append)
    core.take(request(num_inference_steps=5, num_images=3))
    steps = 0
    while not events:
        core.step()
        steps += 1
    # Each picture was prepared and has done one step; one after another, two would have done all of theirs.
    assert steps <= 6
    while core.step():
        pass
    assert [event.step for event in events if isinstance(event, Progress)] == [1, 2, 3, 4, 5]
    assert isinstance(events[-1], Finished)


async def test_what_one_request_breaks_does_not_stop_the_next(engine: LocalEngine) -> None:
    [failed] = await events(engine, GenerationRequest(1, GenerationParameters("a cat"), b"no picture", b""))
    assert isinstance(failed, Failed)
    assert failed.reason.endswith(".")
    [unknown] = await events(engine, request(2, scheduler="dream"))
    assert isinstance(unknown, Failed)
    assert isinstance((await events(engine, request(3)))[-1], Finished)


@pytest.mark.parametrize("engine", [LocalEngine], indirect=True)
async def test_a_killed_engine_says_so_and_comes_back(engine: LocalEngine) -> None:
    running = engine.generate(request(1, num_inference_steps=100, num_images=4))
    await anext(running)
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGKILL)
    with pytest.raises(EngineDiedError):
        async for _ in running:
            pass
    assert isinstance((await events(engine, request(2)))[-1], Finished)


async def test_the_engine_ends_with_its_bot() -> None:
    engine = LocalEngine(EngineOptions("starter"))
    async with engine.running():
        pid = await eventually(lambda: engine.pid)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_model_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    engine = LocalEngine(EngineOptions(str(tmp_path / "none.safetensors")))
    async with engine.running():
        state = await eventually(lambda: engine.state if isinstance(engine.state, Unavailable) else None)
    assert state.reason == f"There is no model at {tmp_path}/none.safetensors; check ATELIER_MODEL."


def levels(data: bytes) -> np.ndarray:
    return np.asarray(opened(data)).astype(int)


@pytest.mark.parametrize("scheduler", ["default", *SCHEDULERS])
def test_every_scheduler_paints(scheduler: str) -> None:
    model = load_model("starter", None, "cpu", "auto", lambda _loading: None)
    finished = paint(model, request(scheduler=scheduler, num_inference_steps=12), lambda _progress: None)
    assert isinstance(finished, Finished)
    inside = np.asarray(opened(finished.images[0].png))[np.asarray(ellipse()) > 0]
    # Noise that was not denoised, NaN (black) and a plain colour would all fail one of the two.
    assert 15 < inside.std() < 90
    assert np.abs(np.diff(inside.astype(int), axis=0)).mean() < 25


def test_the_picture_is_the_pipelines_own() -> None:
    """Compare the painter, on a picture that needs no crop, with diffusers' pipeline called by hand."""
    picture, mask = meadow(NATIVE, NATIVE), Image.new("L", (NATIVE, NATIVE))
    mask.paste(255, (32, 32, 224, 224))
    asked = GenerationRequest(
        1, GenerationParameters("a cat", num_inference_steps=6, guidance_scale=4.0, seed=3), png(picture), png(mask)
    )
    model = load_model("starter", None, "cpu", "auto", lambda _loading: None)
    finished = paint(model, asked, lambda _progress: None)
    assert isinstance(finished, Finished)
    ours = levels(finished.images[0].png)
    pipeline = StableDiffusionInpaintPipeline.from_pretrained(
        STARTER, dtype=torch.float32, safety_checker=None, requires_safety_checker=False
    )
    generator = torch.Generator("cpu").manual_seed(3)
    result: Any = pipeline(
        "a cat",
        image=picture,
        mask_image=mask,
        width=NATIVE,
        height=NATIVE,
        num_inference_steps=6,
        guidance_scale=4.0,
        generator=generator,
    )
    theirs = np.asarray(result.images[0]).astype(int)
    unfeathered = np.s_[40:216, 40:216]
    assert (ours[unfeathered] == theirs[unfeathered]).all()


def test_a_model_for_text_to_image_inpaints_too(tmp_path: Path) -> None:
    folder = tmp_path / "four-channels"
    shutil.copytree(STARTER, folder, ignore=shutil.ignore_patterns("unet"))
    config = json.loads((STARTER / "unet" / "config.json").read_text())
    unet: Any = UNet2DConditionModel.from_config({**config, "in_channels": 4})
    unet.save_pretrained(folder / "unet")
    model = load_model(str(folder), None, "cpu", "auto", lambda _loading: None)
    finished = paint(model, request(num_images=2), lambda _progress: None)
    assert isinstance(finished, Finished)
    assert [opened(image.png).size for image in finished.images] == [(160, 120)] * 2


def test_a_half_precision_variant_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "halves"
    shutil.copytree(STARTER, folder)
    for part in ("unet", "vae", "text_encoder"):
        [weights] = (folder / part).glob("*.safetensors")
        weights.rename(weights.with_suffix(".fp16.safetensors"))
    assert load_model(str(folder), None, "cpu", "auto", lambda _loading: None).native_size == NATIVE


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("nobody/nothing-here", "is not in the cache and HF_HUB_OFFLINE is set"),
        ("not a hub id at all", "There is no model not a hub id at all on the Hub"),
        ("{tmp}", "has no model_index.json"),
    ],
)
def test_a_wrong_model_is_explained(model: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelUnavailableError, match=sentence):
        load_model(model.format(tmp=tmp_path), None, "cpu", "auto", lambda _loading: None)


def test_a_damaged_model_is_explained(tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(STARTER, folder)
    [weights] = (folder / "unet").glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelUnavailableError, match="can't be loaded as a model for inpainting"):
        load_model(str(folder), None, "cpu", "auto", lambda _loading: None)


def test_a_device_that_is_not_there_is_explained() -> None:
    with pytest.raises(ModelUnavailableError, match="set it to auto or cpu"):
        load_model("starter", None, "mps", "auto", lambda _loading: None)


async def test_the_bot_imports_no_torch() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import sys, bot.app; assert not {'torch', 'diffusers', 'transformers'} & set(sys.modules)",
    )
    assert await process.wait() == 0
