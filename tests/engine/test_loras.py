"""LoRA weights count for the request that names them, and for nobody else."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionInpaintPipeline
from peft import LoraConfig, get_peft_model_state_dict

from engine.api.messages import Failed, Finished, GenerationParameters, GenerationRequest
from engine.core import Batcher, paint
from engine.models.loading import Model, load_model
from engine.models.loras import Lora, take_loras
from engine.models.shelf import ModelCache
from tests.support.images import NATIVE, opened
from tests.support.small_models import starter_pipeline


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two LoRA files with random weights, and one that fits no model."""
    folder = tmp_path_factory.mktemp("loras")
    for seed, name in enumerate(("dots", "stripes")):
        torch.manual_seed(seed)
        pipeline = starter_pipeline()
        pipeline.unet.add_adapter(LoraConfig(r=4, init_lora_weights=False, target_modules=["to_q", "to_v"]))
        save: Any = StableDiffusionInpaintPipeline.save_lora_weights
        save(folder, unet_lora_layers=get_peft_model_state_dict(pipeline.unet), weight_name=f"{name}.safetensors")
    (folder / "broken.safetensors").write_bytes(b"no weights")
    return folder


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    model = load_model("starter", None, "cpu", "fp32", lambda _loading: None, [str(folder)])
    assert isinstance(model, Model)
    return model


def asked(prompt: str, number: int = 1) -> GenerationRequest:
    return GenerationRequest(number, GenerationParameters(prompt, num_inference_steps=4, guidance_scale=4.0, seed=3))


def levels(finished: Any) -> np.ndarray:
    assert isinstance(finished, Finished), finished
    return np.asarray(opened(finished.images[0].png)).astype(int)


def painted(model: Model, prompt: str) -> np.ndarray:
    return levels(paint(model, asked(prompt), lambda _progress: None))


@pytest.mark.parametrize(
    ("prompt", "text", "loras"),
    [
        ("a cat", "a cat", ()),
        ("a cat <lora:dots:0.8>, red", "a cat, red", (Lora("dots", 0.8),)),
        ("<lora:stripes> a cat <lora:dots:-1>", "a cat", (Lora("dots", -1.0), Lora("stripes", 1.0))),
    ],
)
def test_a_prompt_names_its_loras(prompt: str, text: str, loras: tuple[Lora, ...]) -> None:
    assert take_loras(prompt) == (text, loras)


def test_a_lora_counts_as_with_diffusers(model: Model, folder: Path) -> None:
    pipeline = starter_pipeline()
    pipeline.load_lora_weights(str(folder / "dots.safetensors"), adapter_name="dots")
    pipeline.set_adapters(["dots"], [0.7])
    blank = np.zeros((NATIVE, NATIVE, 3), np.uint8)
    expected = pipeline(
        "a cat",
        image=[torch.zeros(3, NATIVE, NATIVE)],
        mask_image=np.full(blank.shape[:2], 1.0),
        num_inference_steps=4,
        guidance_scale=4.0,
        generator=torch.Generator().manual_seed(3),
        width=NATIVE,
        height=NATIVE,
    ).images[0]
    assert (painted(model, "a cat <lora:dots:0.7>") == np.asarray(expected).astype(int)).all()


def test_a_lora_leaves_no_trace(model: Model) -> None:
    plain = painted(model, "a cat")
    dots, stripes = painted(model, "a cat <lora:dots>"), painted(model, "a cat <lora:stripes>")
    assert (dots != plain).any()
    assert (stripes != dots).any()
    assert (painted(model, "a cat <lora:dots:0.2>") != dots).any()
    assert (painted(model, "a cat") == plain).all()
    assert (painted(model, "a cat <lora:dots>") == dots).all()


def test_members_with_other_loras_do_not_touch_each_other(model: Model) -> None:
    prompts = ["a cat", "a cat <lora:dots>", "a cat <lora:stripes:0.5> <lora:dots:0.5>", "a cat"]
    alone = [painted(model, prompt) for prompt in prompts]
    together: dict[int, Any] = {}
    core = Batcher(ModelCache(model), lambda event: together.update({event.id: event}))
    for number, prompt in enumerate(prompts):
        core.take(asked(prompt, number))
    while core.step():
        pass
    for number, expected in enumerate(alone):
        assert np.abs(levels(together[number]) - expected).max() <= 1


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("a cat <lora:secret>", "This server has no LoRA secret; it has: broken, dots, stripes."),
        ("a cat <lora:../dots>", "This server has no LoRA ../dots; it has: broken, dots, stripes."),
        ("a cat <lora:broken>", "The LoRA broken doesn't fit the model in use; leave it out."),
    ],
)
def test_a_lora_that_can_not_be_had_is_refused(model: Model, prompt: str, sentence: str) -> None:
    failed = paint(model, asked(prompt), lambda _progress: None)
    assert isinstance(failed, Failed)
    assert failed.reason == sentence
