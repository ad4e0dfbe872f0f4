"""Several models at once, and those that the batcher can't take."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny, StableDiffusion3InpaintPipeline
from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
from PIL import Image
from transformers import CLIPConfig, CLIPImageProcessor

from engine.api.messages import Cancel, Cancelled, Failed, Finished, GenerationParameters, GenerationRequest, Progress
from engine.core import Batcher, paint
from engine.models.loading import AnyModel, Model, SoloModel, load_model
from engine.models.shelf import ModelCache
from engine.models.source import ModelUnavailableError
from engine.preparation import plan_canvas
from engine.previews import TinyPreview
from engine.refusal import RefusedError
from engine.safety import SafetyScorer
from tests.support.images import meadow, opened, png
from tests.support.small_models import save_small_sd3

SIDE = 64


@pytest.fixture(scope="module")
def sd3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("models") / "sd3"
    save_small_sd3(folder)
    return folder


def loaded(name: str) -> AnyModel:
    return load_model(name, None, "cpu", "fp32", lambda _loading: None)


@pytest.fixture(scope="module")
def solo(sd3: Path) -> SoloModel:
    model = loaded(str(sd3))
    assert isinstance(model, SoloModel)
    return model


def request(number: int = 1, **parameters: Any) -> GenerationRequest:
    mask = Image.new("L", (SIDE, SIDE))
    mask.paste(255, (8, 8, 48, 56))
    asked = GenerationParameters("a cat", **{"num_inference_steps": 4, "seed": 5, "strength": 0.8, **parameters})
    return GenerationRequest(number, asked, png(meadow(SIDE, SIDE)), png(mask))


def test_a_pipeline_that_can_not_be_batched_paints_alone(solo: SoloModel, sd3: Path) -> None:
    progress: list[Progress] = []
    finished = paint(solo, request(num_images=2), progress.append)
    assert isinstance(finished, Finished)
    assert [(event.step, event.num_inference_steps) for event in progress] == [(n, 8) for n in range(1, 9)]
    pipeline: Any = StableDiffusion3InpaintPipeline.from_pretrained(sd3, dtype=torch.float32)
    canvas = plan_canvas(solo, request())
    for number, image in enumerate(finished.images):
        [expected] = pipeline(
            "a cat",
            image=canvas.image,
            mask_image=canvas.mask_image,
            width=SIDE,
            height=SIDE,
            strength=0.8,
            guidance_scale=7.5,
            num_inference_steps=4,
            generator=torch.Generator().manual_seed(5 + number),
        ).images
        assert (np.asarray(opened(image.png)) == np.asarray(canvas.finish(expected))).all()


def test_two_that_paint_alone_take_turns_without_touching_each_other(solo: SoloModel) -> None:
    asked = [request(1, num_inference_steps=12), request(2, num_inference_steps=3, seed=9)]
    alone = [paint(solo, each, lambda _progress: None) for each in asked]
    together: dict[int, Any] = {}
    core = Batcher(ModelCache(solo), lambda event: together.update({event.id: event}))
    core.take(asked[0])
    core.step()
    core.take(asked[1])
    while core.step():
        pass
    for each in alone:
        assert isinstance(each, Finished)
        assert together[each.id].images == each.images


def test_a_pipeline_that_paints_alone_is_cancelled_between_steps(solo: SoloModel) -> None:
    events: list[Any] = []
    core = Batcher(ModelCache(solo), events.append)
    core.take(request(num_inference_steps=50))
    core.step()
    core.take(Cancel(1))
    assert not core.step()
    assert [type(event) for event in events] == [Progress, Cancelled]


def test_what_breaks_a_pipeline_that_paints_alone_fails_its_request_only(
    solo: SoloModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    transformer = solo.pipeline.transformer
    monkeypatch.setattr(solo.pipeline, "transformer", None)
    assert isinstance(paint(solo, request(), lambda _progress: None), Failed)
    monkeypatch.setattr(solo.pipeline, "transformer", transformer)
    assert isinstance(paint(solo, request(), lambda _progress: None), Finished)


def test_requests_of_two_models_run_side_by_side(sd3: Path) -> None:
    starter = loaded("starter")
    events: list[Any] = []
    core = Batcher(ModelCache(starter, [str(sd3)], loaded, budget_bytes=10**9), events.append)
    core.take(request(1, num_inference_steps=8))
    core.take(request(2, num_inference_steps=8, model=str(sd3)))
    while core.step():
        pass
    models = {event.id: event.model for event in events if isinstance(event, Finished)}
    assert models == {1: "starter", 2: str(sd3)}
    steps = [event.id for event in events if isinstance(event, Progress)]
    assert {*steps[2:6]} == {1, 2}


def test_a_model_that_is_not_offered_is_refused() -> None:
    core_events: list[Any] = []
    Batcher(ModelCache(loaded("starter"), ["other"], loaded), core_events.append).take(request(model="secret"))
    [failed] = core_events
    assert failed.reason == "This server has no model secret; choose one of: starter, other."


def test_the_model_that_was_not_used_for_longest_leaves_first() -> None:
    starter = loaded("starter")
    assert isinstance(starter, Model)
    read: list[str] = []

    def load(name: str) -> AnyModel:
        read.append(name)
        return replace(starter, name=name)

    shelf = ModelCache(starter, ["a", "b", "c"], load, budget_bytes=3 * starter.memory_bytes())
    for name in ("a", "b", "a", "c", "a", "b", "", "starter"):
        assert shelf.get(name).name == (name or "starter")
    assert read == ["a", "b", "c", "b"]


def test_a_model_that_does_not_fit_beside_others_takes_their_room() -> None:
    starter = loaded("starter")
    assert isinstance(starter, Model)
    inside: list[str] = []

    def load(name: str) -> AnyModel:
        if name == "large" and "small" in inside:
            inside.remove("small")
            raise ModelUnavailableError("does not fit")
        if name == "broken":
            raise ModelUnavailableError("is broken")
        inside.append(name)
        return replace(starter, name=name)

    shelf = ModelCache(starter, ["small", "large", "broken"], load, budget_bytes=10**12)
    shelf.get("small")
    assert shelf.get("large").name == "large"
    with pytest.raises(RefusedError, match="The model broken can't be loaded now"):
        shelf.get("broken")


@pytest.mark.parametrize("memory", ["low", "lowest"])
def test_little_memory_gives_the_same_picture(memory: str) -> None:
    plain, saving = (
        load_model("starter", None, "cpu", "fp32", lambda _loading: None, memory=kind) for kind in ("normal", memory)
    )
    pictures = []
    for model in (plain, saving):
        finished = paint(model, request(), lambda _progress: None)
        assert isinstance(finished, Finished)
        pictures.append(np.asarray(opened(finished.images[0].png)).astype(int))
    assert np.abs(pictures[0] - pictures[1]).max() <= 1


@pytest.mark.parametrize(("threshold", "is_refused"), [(-1.0, True), (2.0, False)])
def test_a_models_own_safety_checker_is_heard(tmp_path: Path, threshold: float, is_refused: bool) -> None:
    """Its answer depends on thresholds of similarity, which lies between -1 and 1."""
    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    checker = StableDiffusionSafetyChecker(
        CLIPConfig(vision_config={**size, "image_size": 32, "patch_size": 8}, projection_dim=16)
    )
    checker.concept_embeds_weights.data[:] = threshold
    checker.special_care_embeds_weights.data[:] = 2.0
    checker.save_pretrained(tmp_path / "safety_checker")
    CLIPImageProcessor(size=32, crop_size=32).save_pretrained(tmp_path / "feature_extractor")
    picture = meadow(96, 96)
    assert (SafetyScorer(tmp_path).score(picture) == 1.0) == is_refused
    assert SafetyScorer().score(picture) < 0.5


def test_previews_are_sharp_where_a_tiny_vae_is_there() -> None:
    starter = loaded("starter")
    assert isinstance(starter, Model)
    latents = torch.zeros(4, 16, 12)
    assert starter.preview(latents).size == (12, 16)
    build: Any = AutoencoderTiny
    tiny = build(
        encoder_block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        num_encoder_blocks=(1, 1, 1, 1),
        num_decoder_blocks=(1, 1, 1, 1),
    )
    assert TinyPreview(tiny)(latents).size == (96, 128)
