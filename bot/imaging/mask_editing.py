"""Changing a region and showing it over its picture.

A mask is in mode L, 255 = repaint, else 0. Blocking: call from a thread.
"""

import io
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

# Cells of the grid across and down: a select menu of Discord's has 25 options.
GRID = 5
# Small pictures are shown larger, so that lines and numbers on them stay fine.
SHOWN_SIDES = (512, 1024)
TINT, TINT_SHARE = (255, 45, 120), 0.45
JPEG_QUALITY = 88


def grown(mask: Image.Image, pixels: int) -> Image.Image:
    """Return the region with so many more pixels around it, or fewer where the number is negative."""
    inside = np.asarray(mask) > 0
    if pixels < 0:
        return _mask(~_near(~inside, -pixels))
    return _mask(_near(inside, pixels))


def _near(inside: np.ndarray, pixels: int) -> np.ndarray:
    """Return what lies at most so many pixels away from a region."""
    if not inside.any():
        return inside
    return cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5) <= pixels


def inverted(mask: Image.Image) -> Image.Image:
    """Return the rest of the picture."""
    return _mask(np.asarray(mask) == 0)


def feathered(mask: Image.Image, pixels: int) -> Image.Image:
    """Return the region with an edge that fades over about so many pixels: grey is repainted in part."""
    return mask.filter(ImageFilter.GaussianBlur(pixels / 2)) if pixels else mask


def cells_mask(size: tuple[int, int], cells: Sequence[int]) -> Image.Image:
    """Return the region of some cells of the grid, counted from 1, row by row."""
    mask = Image.new("L", size, 0)
    for cell in cells:
        mask.paste(255, _cell_box(size, cell))
    return mask


def cell_centre(cell: int) -> tuple[float, float]:
    """Return the middle of a cell, in fractions of the picture's width and height."""
    row, column = divmod(cell - 1, GRID)
    return (column + 0.5) / GRID, (row + 0.5) / GRID


def share(mask: Image.Image) -> float:
    """Return how much of the picture is repainted, 0 to 1."""
    return float((np.asarray(mask) > 0).mean())


def shown(image: Image.Image, mask: Image.Image) -> bytes:
    """Return a JPEG file of the picture with the region tinted and outlined."""
    plain = _displayed(image)
    region = mask.resize(plain.size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    tint = Image.new("RGB", plain.size, TINT)
    picture = Image.composite(tint, plain, region.point([round(TINT_SHARE * value) for value in range(256)]))
    inside = np.asarray(region) > 127
    edge = _near(inside, 2) & ~inside
    picture.paste((255, 255, 255), mask=_mask(edge))
    return _jpeg(picture)


def numbered(image: Image.Image, mask: Image.Image) -> bytes:
    """Return a JPEG file of the picture with the region tinted under a numbered grid."""
    picture = Image.open(io.BytesIO(shown(image, mask)))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(max(10, min(picture.size) // (GRID * 4)))
    for cell in range(1, GRID * GRID + 1):
        box = _cell_box(picture.size, cell)
        draw.rectangle(box, outline="white", width=1)
        place = (box[0] + 6, box[1] + 4)
        draw.text(place, str(cell), font=font, fill="white", stroke_width=2, stroke_fill="black")
    return _jpeg(picture)


def _cell_box(size: tuple[int, int], cell: int) -> tuple[int, int, int, int]:
    row, column = divmod(cell - 1, GRID)
    width, height = size
    return (
        column * width // GRID,
        row * height // GRID,
        (column + 1) * width // GRID,
        (row + 1) * height // GRID,
    )


def _displayed(image: Image.Image) -> Image.Image:
    """Return the picture in RGB, transparency over white, at the size that a card shows."""
    least, most = SHOWN_SIDES
    scale = min(most, max(least, *image.size)) / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    small = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)
    if small.mode == "RGBA":
        small = Image.alpha_composite(Image.new("RGBA", small.size, "white"), small)
    return small.convert("RGB")


def _mask(inside: np.ndarray) -> Image.Image:
    return Image.fromarray(inside.astype(np.uint8) * 255)


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()
