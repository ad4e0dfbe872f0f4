"""Pictures around the model: choose the crop, prepare it, and paste the result back.

Sizes are (width, height) in pixels, boxes are (left, upper, right, lower), as in Pillow. A mask is a picture
in mode L; white is repainted, grey in part, black not at all.
"""

import io
import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from PIL import Image, ImageFilter
from PIL.PngImagePlugin import PngInfo

Number = TypeVar("Number", int, float)

CONTEXT = 1.5
MAX_FEATHER = 8
LATENT_CELL = 8


@dataclass(frozen=True, slots=True)
class Crop:
    """The part of a picture that the model sees, and the size at which it paints it."""

    box: tuple[int, int, int, int]
    size: tuple[int, int]


def plan_crop(mask_image: Image.Image, native_size: int, multiple: int) -> Crop:
    """Choose the crop around a mask: the region with context, painted at about the model's native size.

    The crop is a square where the picture has room for one, and at least half the native size wide, so that
    a tiny region keeps surroundings to match. `multiple` is what the model needs its sizes to divide by.
    Raises ValueError for an empty mask.
    """
    bounds = mask_image.getbbox()
    if bounds is None:
        raise ValueError("the mask is empty")
    left, upper, right, lower = bounds
    side = max(round(max(right - left, lower - upper) * CONTEXT), native_size // 2)
    width, height = min(side, mask_image.width), min(side, mask_image.height)
    x = _clamp((left + right - width) // 2, 0, mask_image.width - width)
    y = _clamp((upper + lower - height) // 2, 0, mask_image.height - height)
    return Crop((x, y, x + width, y + height), _painting_size(width / height, native_size, multiple))


def plan_whole(size: tuple[int, int], native_size: int, multiple: int) -> Crop:
    """Choose the size at which a whole picture is painted anew: its aspect, and the model's native area."""
    return Crop((0, 0, *size), _painting_size(size[0] / size[1], native_size, multiple))


def _painting_size(aspect: float, native_size: int, multiple: int) -> tuple[int, int]:
    """Return a size of the native area and about this aspect, no side beyond half or twice the native."""
    stretch = math.sqrt(_clamp(aspect, 0.25, 4.0))
    width, height = native_size * stretch, native_size / stretch
    return max(multiple, round(width / multiple) * multiple), max(multiple, round(height / multiple) * multiple)


def prepare(image: Image.Image, mask_image: Image.Image, crop: Crop) -> tuple[Image.Image, Image.Image]:
    """Return the crop of picture (RGB, transparency over white) and mask at the painting size.

    Every latent cell that the mask touches is wholly masked: the model's mask is sampled one pixel a cell,
    which would drop thin strokes.
    """
    part = opaque(image.crop(crop.box)).resize(crop.size, Image.Resampling.LANCZOS)
    width, height = crop.size
    mask = mask_image.crop(crop.box).resize(crop.size, Image.Resampling.BOX)
    touched = np.asarray(mask).reshape(height // LATENT_CELL, LATENT_CELL, width // LATENT_CELL, LATENT_CELL)
    cells = Image.fromarray((touched.max(axis=(1, 3)) > 0).astype(np.uint8) * 255)
    return part, cells.resize(crop.size, Image.Resampling.NEAREST)


def with_margins(
    image: Image.Image, mask_image: Image.Image | None, margins: tuple[int, int, int, int]
) -> tuple[Image.Image, Image.Image]:
    """Return the picture with new room on its sides (left, top, right, bottom), and the mask of what is new.

    The room is filled with the picture itself, stretched and blurred, so that a model that looks at it finds fitting
    colours; the seam is repainted too. What `mask_image` asked for stays asked for.
    """
    left, top, right, bottom = margins
    size = (image.width + left + right, image.height + top + bottom)
    whole = image.resize(size, Image.Resampling.BILINEAR).filter(ImageFilter.GaussianBlur(max(size) / 32))
    whole.paste(image, (left, top))
    whole.info = dict(image.info)
    mask = Image.new("L", size, 255)
    seam = max(1, min(image.size) // 32)
    kept = [seam if margin else 0 for margin in margins]
    mask.paste(0, (left + kept[0], top + kept[1], size[0] - right - kept[2], size[1] - bottom - kept[3]))
    if mask_image is not None:
        mask.paste(255, (left, top), mask_image)
    return whole, mask


def opaque(image: Image.Image) -> Image.Image:
    """Return the picture in RGB, transparency over white."""
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def paste(image: Image.Image, painted: Image.Image, mask_image: Image.Image, crop: Crop) -> Image.Image:
    """Return the picture with the painted crop in it; pixels outside the mask are those of `image`.

    The seam is feathered inside the mask, unless grey in the mask says how it fades. Inside it, a transparent picture
    becomes opaque.
    """
    original = image.crop(crop.box)
    mask = mask_image.crop(crop.box)
    painted = painted.convert(image.mode).resize(original.size, Image.Resampling.LANCZOS)
    base = Image.alpha_composite(painted, original) if image.mode == "RGBA" else original
    is_soft = any(mask.histogram()[1:255])
    blended = Image.composite(painted, base, mask if is_soft else _feathered(mask))
    original.paste(blended, mask=mask.point([0] + [255] * 255))
    result = image.copy()
    result.paste(original, crop.box[:2])
    return result


def _feathered(mask: Image.Image) -> Image.Image:
    """Return the mask with a ramp along its inner edge; a stroke thinner than the ramp gets a shorter one.

    The picture's own border is no edge: a region that touches it is painted up to it.
    """
    inside = np.asarray(mask) > 0
    radius = _clamp(min(mask.size) // 64, 1, MAX_FEATHER)
    layers = inside.astype(np.uint8)
    depth = 1
    for _ in range(radius - 1):
        inside = _eroded(inside)
        if not inside.any():
            break
        layers += inside
        depth += 1
    return Image.fromarray((layers.astype(np.uint16) * 255 // depth).astype(np.uint8))


def _eroded(inside: np.ndarray) -> np.ndarray:
    """Return the region less one pixel along its edge."""
    padded = np.pad(inside, 1, mode="edge")
    return inside & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]


def read_png(data: bytes) -> Image.Image:
    """Return the decoded picture, as it is."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def write_png(image: Image.Image, icc_profile: bytes | None = None, parameters: str = "") -> bytes:
    """Return the picture as a PNG file, with a text of how it was made where there is one."""
    texts = PngInfo()
    if parameters:
        texts.add_itxt("parameters", parameters)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=4, icc_profile=icc_profile, pnginfo=texts)
    return buffer.getvalue()


def _clamp(value: Number, lowest: Number, highest: Number) -> Number:
    return max(lowest, min(value, highest))
