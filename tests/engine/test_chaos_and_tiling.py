"""How different the pictures of a request are from each other, and whether a picture continues at its own edge."""

from typing import Any

import numpy as np
import pytest
import torch

from engine.api.messages import Finished, GenerationParameters, GenerationRequest
from engine.core import Batcher, paint
from engine.models.loading import Model, load_model
from engine.models.shelf import ModelCache
from engine.preparation import decode
from tests.support.images import opened


@pytest.fixture(scope="module")
def model() -> Model:
    model = load_model("starter", None, "cpu", "fp32", lambda _loading: None)
    assert isinstance(model, Model)
    return model


def asked(number: int = 1, **parameters: Any) -> GenerationRequest:
    usual = {"num_inference_steps": 6, "guidance_scale": 3.0, "seed": 3, "scheduler": "ddim"}
    return GenerationRequest(number, GenerationParameters("a castle in a meadow", **(usual | parameters)))


def levels(finished: Any) -> list[np.ndarray]:
    assert isinstance(finished, Finished), finished
    return [np.asarray(opened(image.png)).astype(int) for image in finished.images]


def painted(model: Model, **parameters: Any) -> list[np.ndarray]:
    return levels(paint(model, asked(**parameters), lambda _progress: None))


def apart(pictures: list[np.ndarray]) -> float:
    return float(np.mean([np.abs(each - pictures[0]).mean() for each in pictures[1:]]))


def test_little_chaos_keeps_the_pictures_alike(model: Model) -> None:
    far, near, same = (painted(model, num_images=3, chaos=chaos, width=128, height=128) for chaos in (1.0, 0.3, 0.0))
    assert np.array_equal(far[0], near[0])
    # But for rounding, which the place in the batch decides.
    assert all(np.abs(each - same[0]).max() <= 1 for each in same)
    assert 0 < apart(near) < 0.7 * apart(far)


def test_a_tile_does_not_know_where_its_edges_are(model: Model) -> None:
    latents = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    rolled = latents.roll((8, 4), dims=(2, 3))
    cell = model.pipeline.vae_scale_factor
    plain, tile = (
        [np.asarray(decode(model, each, tile=tile)).astype(int) for each in (latents, rolled)] for tile in (False, True)
    )
    assert np.abs(np.roll(tile[0], (8 * cell, 4 * cell), axis=(0, 1)) - tile[1]).max() <= 1
    assert np.abs(np.roll(plain[0], (8 * cell, 4 * cell), axis=(0, 1)) - plain[1]).max() > 10


def seam(picture: np.ndarray) -> float:
    """Return how much more a picture changes across its edge than between neighbouring columns inside."""
    inside = np.abs(np.diff(picture, axis=1)).mean()
    return float(np.abs(picture[:, 0] - picture[:, -1]).mean() / inside)


def test_tiles_and_others_are_painted_side_by_side(model: Model) -> None:
    [alone] = painted(model)
    ended: dict[int, Any] = {}
    core = Batcher(ModelCache(model), lambda event: ended.update({event.id: event}))
    core.take(asked(1))
    core.take(asked(2, tile=True))
    while core.step():
        pass
    [plain], [tile] = levels(ended[1]), levels(ended[2])
    assert np.abs(plain - alone).max() <= 1
    assert seam(tile) < 0.5 * seam(plain)
    assert "Tiling: True" in opened(ended[2].images[0].png).info["parameters"]
    assert "Tiling" not in opened(ended[1].images[0].png).info["parameters"]
