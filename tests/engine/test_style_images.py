"""A style picture counts for the request that brings it, as it does with diffusers, and for nobody else."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from engine.api.messages import Failed, Finished, GenerationParameters, GenerationRequest
from engine.core import Batcher, paint
from engine.models.loading import Model, load_model
from engine.models.shelf import ModelCache
from engine.models.style import NO_STYLE, AdapterFiles, StyleAdapter
from tests.support.images import NATIVE, meadow, opened, png
from tests.support.small_models import starter_pipeline

WIDTH = 32
TOKENS = 4


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> AdapterFiles:
    """An adapter for the starter with random weights, in the format of h94/IP-Adapter."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("adapter")
    pipeline = starter_pipeline()
    words = pipeline.unet.config.cross_attention_dim
    weights = {
        "image_proj.proj.weight": torch.randn(TOKENS * words, WIDTH) / 4,
        "image_proj.proj.bias": torch.zeros(TOKENS * words),
        "image_proj.norm.weight": torch.ones(words),
        "image_proj.norm.bias": torch.zeros(words),
    }
    crossing = [layer for name, layer in pipeline.unet.named_modules() if name.endswith("attn2")]
    for number, layer in enumerate(crossing):
        for kind in ("k", "v"):
            shape = layer.to_k.weight.shape
            weights[f"ip_adapter.{2 * number + 1}.to_{kind}_ip.weight"] = torch.randn(shape) / 4
    (folder / "models").mkdir()
    save_file(weights, folder / "models" / "small.safetensors")
    CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=WIDTH,
            intermediate_size=WIDTH,
            projection_dim=WIDTH,
            num_hidden_layers=1,
            num_attention_heads=2,
            image_size=32,
            patch_size=8,
        )
    ).save_pretrained(folder / "models" / "image_encoder")
    return AdapterFiles(str(folder), "models", "small.safetensors")


@pytest.fixture(scope="module")
def model(files: AdapterFiles) -> Model:
    model = load_model("starter", None, "cpu", "fp32", lambda _loading: None)
    assert isinstance(model, Model)
    return replace(model, style=StyleAdapter(model.pipeline, files))


def asked(style: Image.Image | None, number: int = 1, **parameters: Any) -> GenerationRequest:
    given = GenerationParameters("a cat", **{"num_inference_steps": 4, "guidance_scale": 4.0, "seed": 3, **parameters})
    return GenerationRequest(number, given, style_image=png(style) if style else None)


def levels(finished: Any) -> np.ndarray:
    assert isinstance(finished, Finished), finished
    return np.asarray(opened(finished.images[0].png)).astype(int)


def painted(model: Model, style: Image.Image | None, **parameters: Any) -> np.ndarray:
    return levels(paint(model, asked(style, **parameters), lambda _progress: None))


@pytest.mark.parametrize("guidance_scale", [1.0, 4.0])
def test_a_style_counts_as_with_diffusers(model: Model, files: AdapterFiles, guidance_scale: float) -> None:
    pipeline = starter_pipeline()
    pipeline.load_ip_adapter(files.source, subfolder=files.subfolder, weight_name=files.weight_name)
    pipeline.set_ip_adapter_scale(0.6)
    expected = pipeline(
        "a cat",
        image=[torch.zeros(3, NATIVE, NATIVE)],
        mask_image=np.ones((NATIVE, NATIVE)),
        ip_adapter_image=meadow(96, 96),
        num_inference_steps=4,
        guidance_scale=guidance_scale,
        generator=torch.Generator().manual_seed(3),
        width=NATIVE,
        height=NATIVE,
    ).images[0]
    ours = painted(model, meadow(96, 96), guidance_scale=guidance_scale)
    assert (ours == np.asarray(expected).astype(int)).all()


def test_a_style_leaves_no_trace(model: Model) -> None:
    plain = painted(model, None)
    meadowy, dark = painted(model, meadow(96, 96)), painted(model, Image.new("RGB", (64, 64), "black"))
    assert (meadowy != plain).any()
    assert (dark != meadowy).any()
    assert (painted(model, meadow(96, 96), style_scale=0.2) != meadowy).any()
    assert (painted(model, None) == plain).all()


def test_members_with_and_without_a_style_do_not_touch_each_other(model: Model) -> None:
    styles = [None, meadow(96, 96), Image.new("RGB", (64, 64), "black"), None]
    alone = [painted(model, style) for style in styles]
    together: dict[int, Any] = {}
    core = Batcher(ModelCache(model), lambda event: together.update({event.id: event}))
    for number, style in enumerate(styles):
        core.take(asked(style, number))
    while core.step():
        pass
    for number, expected in enumerate(alone):
        assert np.abs(levels(together[number]) - expected).max() <= 1


def test_a_model_without_an_adapter_says_so() -> None:
    model = load_model("starter", None, "cpu", "fp32", lambda _loading: None)
    failed = paint(model, asked(meadow(96, 96)), lambda _progress: None)
    assert isinstance(failed, Failed)
    assert failed.reason == NO_STYLE


def test_an_adapter_that_can_not_be_fetched_is_explained(model: Model, tmp_path: Path) -> None:
    without = replace(
        model, style=StyleAdapter(model.pipeline, AdapterFiles(str(tmp_path), "models", "no.safetensors"))
    )
    failed = paint(without, asked(meadow(96, 96)), lambda _progress: None)
    assert isinstance(failed, Failed)
    assert failed.reason.startswith("Style pictures can't be used now")
