"""What a scheduler has to do: come near to what the model means, in few steps."""

import numpy as np
import pytest
import torch
from PIL import Image

from engine.api.messages import Finished, GenerationParameters, GenerationRequest
from engine.core import paint
from engine.models.loading import load_model
from engine.schedulers import create_scheduler
from tests.support.images import meadow, opened, png
from training.unet import create_scheduler as shipped_scheduler

MEAN, DEVIATION = 0.7, 0.3


def sampled(scheduler: str, steps: int) -> torch.Tensor:
    """Sample from a normal distribution, whose velocity is known exactly, beginning with the same noise always."""
    schedule = create_scheduler(scheduler, shipped_scheduler(), steps)
    sample = torch.randn(2_000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for timestep in schedule.timesteps:
        alpha = schedule.alphas_cumprod[int(timestep)].double()
        signal, noise = alpha**0.5, (1 - alpha) ** 0.5
        share = signal * DEVIATION**2 / (alpha * DEVIATION**2 + noise**2)
        original = MEAN + share * (sample - signal * MEAN)
        velocity = signal * (sample - signal * original) / noise - noise * original
        sample = schedule.step(velocity, timestep, sample, return_dict=False)[0]
    return sample


@pytest.mark.parametrize("steps", [20, 50])
def test_pndm_comes_nearer_with_the_velocity_than_its_first_order(steps: int) -> None:
    exact = sampled("ddim", 1_000)
    errors = {name: (sampled(name, steps) - exact).abs().mean().item() for name in ("pndm", "ddim")}
    assert errors["pndm"] < 0.7 * errors["ddim"]


def test_with_guidance_pndm_paints_what_ddim_paints() -> None:
    """It drew wild colours: other schedulers are within a few levels of 255 of each other, and noise is 60 away."""
    model = load_model("starter", None, "cpu", "auto", lambda _loading: None)
    pictures = []
    for scheduler in ("ddim", "pndm"):
        parameters = GenerationParameters(
            "a tulip on the sea", num_inference_steps=20, guidance_scale=5.0, seed=3, scheduler=scheduler
        )
        side = model.native_size
        request = GenerationRequest(1, parameters, png(meadow(side, side)), png(Image.new("L", (side, side), 255)))
        finished = paint(model, request, lambda _progress: None)
        assert isinstance(finished, Finished)
        pictures.append(np.asarray(opened(finished.images[0].png)).astype(float))
    assert np.abs(pictures[0] - pictures[1]).mean() < 15
