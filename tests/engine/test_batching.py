"""Requests share batches, and still each gets the very picture that diffusers' own pipeline paints for it alone."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionInpaintPipeline, StableDiffusionXLInpaintPipeline, UNet2DConditionModel
from PIL import Image

from engine.api.messages import Cancel, Cancelled, Failed, Finished, GenerationParameters, GenerationRequest
from engine.core import Batcher
from engine.models.loading import Model, load_model
from engine.models.shelf import ModelCache
from engine.models.source import STARTER
from engine.preparation import plan_canvas, prepare_slot
from engine.runner import SHAPES, Runner, shape_for
from engine.schedulers import SCHEDULERS
from engine.slots import DenoisingState
from tests.support.images import NATIVE, meadow, opened, png
from tests.support.small_models import save_small_xl

PROMPTS = ("a cat", "a blue castle in the snow", "a boat on the sea at night", "a small red car, pixel art")


@dataclass(frozen=True)
class Case:
    scheduler: str
    guidance_scale: float
    strength: float


CASES = [Case(name, scale, strength) for name in SCHEDULERS for scale in (1.0, 4.0) for strength in (1.0, 0.6)]
HYBRIDS = [
    Case(name, scale, strength)
    for name in ("ddim:3+ddpm:3", "dpm++_2m:2+ddim:4", "euler:3+euler_a:3")
    for scale in (1.0, 4.0)
    for strength in (1.0, 0.6)
]
ALL = CASES + HYBRIDS
# Every scheduler and every pair, with one of the four ways each.
FEW = [ALL[first + first // 4 % 4] for first in range(0, len(ALL), 4)]


def asked_of(number: int, case: Case, **others: Any) -> GenerationRequest:
    mask = Image.new("L", (NATIVE, NATIVE))
    mask.paste(255, (32, 48, 208, 224))
    parameters = GenerationParameters(
        PROMPTS[number % len(PROMPTS)],
        "blurry" if number % 2 else "",
        scheduler=case.scheduler,
        guidance_scale=case.guidance_scale,
        strength=case.strength,
        num_inference_steps=5 + number % 3,
        seed=number,
    )
    return GenerationRequest(number, parameters, png(meadow(NATIVE, NATIVE)), png(mask), **others)


@pytest.fixture(scope="module", params=["starter", "four channels", "xl"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter, the same with an untrained UNet for text to image, and an untrained SDXL."""
    if request.param == "starter":
        return STARTER
    folder = tmp_path_factory.mktemp("models") / request.param
    torch.manual_seed(0)
    if request.param == "xl":
        save_small_xl(folder)
        return folder
    shutil.copytree(STARTER, folder)
    config = json.loads((STARTER / "unet" / "config.json").read_text())
    unet: Any = UNet2DConditionModel.from_config({**config, "in_channels": 4})
    unet.save_pretrained(folder / "unet")
    return folder


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    model = load_model(str(folder), None, "cpu", "fp32", lambda _loading: None)
    assert isinstance(model, Model)
    return model


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Any:
    family: Any = StableDiffusionXLInpaintPipeline if folder.name == "xl" else StableDiffusionInpaintPipeline
    options = {} if folder.name == "xl" else {"safety_checker": None, "requires_safety_checker": False}
    pipeline = family.from_pretrained(folder, dtype=torch.float32, **options)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def by_diffusers(pipeline: Any, model: Model, asked: GenerationRequest) -> np.ndarray:
    """Paint with diffusers' pipeline and its own scheduler, built by hand."""
    parameters = asked.parameters
    kind, settings = SCHEDULERS[parameters.scheduler]
    pipeline.scheduler = kind.from_config(model.pipeline.scheduler.config, **settings)
    canvas = plan_canvas(model, asked)
    assert canvas.crop.box == (0, 0, NATIVE, NATIVE)
    [painted] = pipeline(
        parameters.prompt,
        negative_prompt=parameters.negative_prompt or None,
        image=canvas.image,
        mask_image=canvas.mask_image,
        width=NATIVE,
        height=NATIVE,
        strength=parameters.strength,
        guidance_scale=parameters.guidance_scale,
        num_inference_steps=parameters.num_inference_steps,
        generator=torch.Generator().manual_seed(parameters.seed),
    ).images
    return levels(canvas.finish(painted))


def levels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture).astype(int)


def painted(model: Model, requests: list[GenerationRequest], *, apart: int = 0) -> dict[int, np.ndarray]:
    """Paint requests in one engine, a new one after so many steps, and return their pictures."""
    pictures: dict[int, np.ndarray] = {}

    def take(event: Any) -> None:
        assert not isinstance(event, Failed), event
        if isinstance(event, Finished):
            pictures[event.id] = levels(opened(event.images[0].png))

    core = Batcher(ModelCache(model), take)
    model.runner.max_rows = 8
    for asked in requests:
        core.take(asked)
        for _ in range(apart):
            core.step()
    while core.step():
        pass
    return pictures


@pytest.fixture(scope="module", params=[FEW, pytest.param(ALL, marks=pytest.mark.soak)], ids=["few", "all"])
def alone(model: Model, request: pytest.FixtureRequest) -> dict[Case, tuple[GenerationRequest, np.ndarray]]:
    """Each case painted by itself."""
    requests = {case: asked_of(number, case) for number, case in enumerate(ALL) if case in request.param}
    return {case: (asked, painted(model, [asked])[asked.id]) for case, asked in requests.items()}


def test_alone_every_picture_is_diffusers_own(
    alone: dict[Case, tuple[GenerationRequest, np.ndarray]], pipeline: Any, model: Model
) -> None:
    different = [
        case
        for case, (asked, picture) in alone.items()
        if case in CASES and np.abs(picture - by_diffusers(pipeline, model, asked)).max() > 0
    ]
    assert different == []


def differences(model: Model, alone: dict[Case, tuple[GenerationRequest, np.ndarray]]) -> dict[Case, int]:
    """Paint all cases at once, one joining after another; return how far each is from the picture painted alone."""
    together = painted(model, [asked for asked, _ in alone.values()], apart=1)
    return {case: int(np.abs(picture - together[asked.id]).max()) for case, (asked, picture) in alone.items()}


def test_among_others_every_picture_stays_the_same(
    alone: dict[Case, tuple[GenerationRequest, np.ndarray]], model: Model
) -> None:
    assert {case: by for case, by in differences(model, alone).items() if by > 1} == {}


def one_timestep_for_all(
    predict: Callable[[Runner, list[DenoisingState]], Any],
) -> Callable[[Runner, list[DenoisingState]], Any]:
    def mutant(self: Runner, slots: list[DenoisingState]) -> Any:
        unet = self._unet

        def shared(sample: Any, timestep: Any, **others: Any) -> Any:
            return unet(sample, timestep[:1].expand(len(timestep)), **others)

        self._unet = shared
        try:
            return predict(self, slots)
        finally:
            self._unet = unet

    return mutant


def embeddings_rolled_by_one(
    predict: Callable[[Runner, list[DenoisingState]], Any],
) -> Callable[[Runner, list[DenoisingState]], Any]:
    def mutant(self: Runner, slots: list[DenoisingState]) -> Any:
        unet = self._unet

        def rolled(sample: Any, timestep: Any, encoder_hidden_states: Any, **others: Any) -> Any:
            return unet(sample, timestep, encoder_hidden_states=encoder_hidden_states.roll(1, 0), **others)

        self._unet = rolled
        try:
            return predict(self, slots)
        finally:
            self._unet = unet

    return mutant


@pytest.mark.parametrize("mutate", [one_timestep_for_all, embeddings_rolled_by_one])
def test_a_broken_batch_would_be_noticed(
    mutate: Callable[..., Any],
    alone: dict[Case, tuple[GenerationRequest, np.ndarray]],
    model: Model,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = dict(list(alone.items())[:4])
    monkeypatch.setattr(Runner, "predict", mutate(Runner.predict))
    assert max(differences(model, few).values()) > 1


def test_at_one_batch_size_neighbours_change_nothing_at_all(model: Model) -> None:
    """Not even by a bit, and not even where a neighbour is no number any more."""
    mine, others = asked_of(0, CASES[0]), [asked_of(number, CASES[2 * number]) for number in (1, 2, 3)]
    slots = [prepared(model, asked) for asked in (mine, *others)]
    runner = Runner(model.pipeline.unet, "cpu")
    expected = runner.predict(slots)[0]
    for slot in slots[1:]:
        slot.latents = torch.full_like(slot.latents, float("nan"))
    assert torch.equal(runner.predict(slots)[0], expected)
    assert torch.equal(runner.predict([slots[0], *reversed(slots[1:])])[0], expected)


def prepared(model: Model, asked: GenerationRequest) -> DenoisingState:
    return prepare_slot(model, asked.parameters, plan_canvas(model, asked), 0)


def test_batches_are_filled_up_to_a_few_sizes() -> None:
    assert [shape_for(rows) for rows in (1, 2, 3, 5, 9, 64, 65)] == [1, 2, 4, 8, 16, 64, 65]
    assert list(SHAPES) == sorted(SHAPES)


def test_a_cancelled_request_leaves_its_rows_at_once(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[int]] = []
    predict = Runner.predict

    def counting(self: Runner, slots: list[DenoisingState]) -> Any:
        seen.append([slot.generator.initial_seed() for slot in slots])
        return predict(self, slots)

    monkeypatch.setattr(Runner, "predict", counting)
    ended: list[Any] = []
    core = Batcher(
        ModelCache(model), lambda event: ended.append(event) if isinstance(event, Finished | Cancelled) else None
    )
    model.runner.max_rows = 8
    for number in (1, 2):
        core.take(asked_of(number, CASES[0]))
    while not seen or len(seen[-1]) < 2:
        core.step()
    core.take(Cancel(1))
    before = len(seen)
    while core.step():
        pass
    assert all(rows == [2] for rows in seen[before:])
    assert ended[0] == Cancelled(1)
    assert [event.id for event in ended] == [1, 2]


def test_lack_of_memory_makes_batches_smaller_and_loses_nothing(
    model: Model, alone: dict[Case, tuple[GenerationRequest, np.ndarray]], monkeypatch: pytest.MonkeyPatch
) -> None:
    predict = Runner.predict

    def with_little_memory(self: Runner, slots: list[DenoisingState]) -> Any:
        if sum(slot.rows for slot in slots) > 2:
            raise torch.OutOfMemoryError
        return predict(self, slots)

    monkeypatch.setattr(Runner, "predict", with_little_memory)
    few = dict(list(alone.items())[:4])
    assert max(differences(model, few).values()) <= 1
