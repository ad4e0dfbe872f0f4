"""Small pictures for tests."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

# The side of the starter's pictures.
NATIVE = 256


def png(image: Image.Image, **options: Any) -> bytes:
    """Return the picture as a PNG file."""
    return encoded(image, "PNG", **options)


def encoded(image: Image.Image, image_format: str, **options: Any) -> bytes:
    """Return the picture as a file of any format."""
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def meadow(width: int = 160, height: int = 120, mode: str = "RGB") -> Image.Image:
    """Return a picture with no two equal rows or columns, so that a shifted copy is noticed."""
    across = Image.linear_gradient("L").rotate(90).resize((width, height))
    down = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (across, down, Image.new("L", (width, height), 90))).convert(mode)


def ellipse(width: int = 160, height: int = 120) -> Image.Image:
    """Return a white ellipse on black, about a quarter of the picture."""
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).ellipse((width * 0.25, height * 0.2, width * 0.75, height * 0.8), fill=255)
    return mask


def opened(data: bytes) -> Image.Image:
    """Return the decoded file."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def two_things() -> tuple[Image.Image, dict[str, np.ndarray]]:
    """Return a red hen on the left, a blue pig on the right, and where they are; they are plain discs."""
    picture = Image.new("RGB", (128, 128), (90, 170, 90))
    masks = {}
    for name, colour, box in (("hen", "red", (10, 40, 55, 85)), ("pig", "blue", (70, 45, 120, 95))):
        drawn = Image.new("L", picture.size)
        ImageDraw.Draw(drawn).ellipse(box, fill=255)
        picture.paste(colour, mask=drawn)
        masks[name] = np.asarray(drawn) > 0
    return picture, {**masks, "red hen": masks["hen"], "subject": masks["hen"] | masks["pig"]}
