"""From a painted crop to the picture that leaves the engine."""

from typing import Protocol

from PIL import Image as Pillow

from engine.api.messages import GenerationParameters, Image
from engine.canvas import Canvas
from engine.images import write_png
from engine.parameters import parameters_text
from engine.safety import SafetyScorer


class Painter(Protocol):
    """What has to be known of a model here."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def safety(self) -> SafetyScorer:
        """What judges its pictures."""
        ...


def finish_image(
    model: Painter, parameters: GenerationParameters, canvas: Canvas, number: int, painted: Pillow.Image
) -> Image:
    """Return picture `number` of a request: the crop in its place, its parameters in it, and its safety score."""
    picture = canvas.finish(painted)
    text = parameters_text(parameters, number, model.name, canvas.crop.size)
    png = write_png(picture, canvas.icc_profile, text)
    return Image(png, parameters.seed + number, picture.width, picture.height, model.safety.score(picture))
