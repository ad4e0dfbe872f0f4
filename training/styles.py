"""The five styles in which a scene may be shown."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter, ImageOps

# How many blocks of pixel art lie side by side: at 256 pixels each is a latent cell, and stays sharp.
BLOCKS = 32
# How hard the pencil is pressed: the plain method leaves lines too faint for a small picture.
PENCIL = 2.2


def pixel_art(image: Image.Image) -> Image.Image:
    """Return a square picture in 32 by 32 blocks of 24 colours."""
    few = image.resize((BLOCKS, BLOCKS), Image.Resampling.BOX)
    return few.quantize(24).convert("RGB").resize(image.size, Image.Resampling.NEAREST)


def _sketch(image: Image.Image) -> Image.Image:
    """Draw the edges in pencil: grey divided by its own blurred negative, the "colour dodge" of darkrooms."""
    grey = ImageOps.grayscale(image)
    soft = ImageOps.invert(grey).filter(ImageFilter.GaussianBlur(image.width / 64))
    light, shade = np.asarray(grey).astype(np.float32), np.asarray(soft).astype(np.float32)
    paper = np.clip(light * 255 / (256 - shade), 0, 255)
    return Image.fromarray(np.clip(255 - (255 - paper) * PENCIL, 0, 255).astype(np.uint8)).convert("RGB")


def _watercolour(image: Image.Image) -> Image.Image:
    """Flatten colours into patches, pale, on a paper whose grain is the picture's own low noise."""
    flat = image.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.SMOOTH)
    pale = 255 - (255 - np.asarray(flat).astype(np.float32)) * 0.72
    side = max(2, image.width // 12)
    noise = np.random.default_rng(int(pale.sum()) % 2**32).integers(0, 256, (side, side), np.uint8)
    grain = np.asarray(Image.fromarray(noise).resize(image.size, Image.Resampling.BICUBIC)).astype(np.float32)
    return Image.fromarray(np.clip(pale + (grain[..., None] - 128) * 0.06, 0, 255).astype(np.uint8))


def _black_and_white(image: Image.Image) -> Image.Image:
    return ImageOps.grayscale(image).convert("RGB")


def _sepia(image: Image.Image) -> Image.Image:
    return ImageOps.colorize(ImageOps.grayscale(image), (45, 25, 10), (255, 238, 205))


STYLES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "pixel art": pixel_art,
    "sketch": _sketch,
    "watercolor": _watercolour,
    "black and white": _black_and_white,
    "sepia": _sepia,
}
STYLE_WORDS = {
    "pixel art": ("pixel art", "8-bit pixel art"),
    "sketch": ("sketch", "pencil sketch", "pencil drawing"),
    "watercolor": ("watercolor", "watercolour", "watercolor painting"),
    "black and white": ("black and white", "black and white photo", "monochrome picture"),
    "sepia": ("sepia", "sepia photo", "old sepia photo"),
}
