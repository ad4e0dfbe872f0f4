"""Previews show the picture that is coming, not the noise that it comes from."""

import numpy as np
import pytest
from PIL import Image, ImageChops

from engine import tasks
from engine.api.messages import Finished, GenerationParameters, GenerationRequest, Progress
from engine.core import paint
from engine.models.loading import load_model
from engine.schedulers import SCHEDULERS
from tests.support.images import NATIVE, meadow, opened, png


# LCM draws new noise at every step; only a model that was distilled for it comes closer with each.
@pytest.mark.parametrize("scheduler", ["default", *(name for name in SCHEDULERS if name != "lcm")])
def test_a_preview_is_close_to_the_result_early_on(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "PREVIEW_SECONDS", 0)
    mask = Image.new("L", (NATIVE, NATIVE))
    mask.paste(255, (32, 32, 224, 224))
    parameters = GenerationParameters(
        "a castle in a meadow", num_inference_steps=20, guidance_scale=4.0, seed=13, scheduler=scheduler
    )
    steps: list[Progress] = []
    model = load_model("starter", None, "cpu", "auto", lambda _loading: None)
    request = GenerationRequest(1, parameters, png(meadow(NATIVE, NATIVE)), png(mask))
    finished = paint(model, request, steps.append)
    assert isinstance(finished, Finished)
    result = opened(finished.images[0].png)
    small = result.resize((32, 32), Image.Resampling.BOX)
    errors = []
    for step in steps[1:-1]:
        assert step.preview is not None
        shown = opened(step.preview).resize((32, 32), Image.Resampling.BOX)
        errors.append(float(np.asarray(ImageChops.difference(shown, small)).mean()))
    # Levels of 255: noise is 60 and more away from a picture.
    assert errors[len(errors) // 2] < 18
    assert errors[-1] < 12
    assert errors[-1] <= errors[0]
