"""Editing of masks, and previews of a mask over its image.

A mask is an image in mode L: 255 = repaint, 0 = keep. All functions block: call them from a thread.
"""

import io
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

# Rows and columns of the grid: a select menu of Discord has at most 25 options.
GRID = 5
# Least and largest longer side of a preview, in pixels; small images are enlarged so that lines and numbers stay thin.
SHOWN_SIDES = (512, 1024)
TINT, TINT_SHARE = (255, 45, 120), 0.45
JPEG_QUALITY = 88


def grown(mask: Image.Image, pixels: int) -> Image.Image:
    """Return the mask grown by `pixels` on all sides, or shrunk if `pixels` is negative."""
    inside = np.asarray(mask) > 0
    if pixels < 0:
        return _mask(~_within(~inside, -pixels))
    return _mask(_within(inside, pixels))


def _within(inside: np.ndarray, pixels: int) -> np.ndarray:
    """Return the pixels at most `pixels` away from a region, the region included, as a bool array (height, width)."""
    if not inside.any():
        return inside
    return cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5) <= pixels


def inverted(mask: Image.Image) -> Image.Image:
    """Return the mask of all pixels that this mask does not select."""
    return _mask(np.asarray(mask) == 0)


def feathered(mask: Image.Image, pixels: int) -> Image.Image:
    """Return the mask with an edge that fades over about `pixels` pixels; grey pixels are repainted in part."""
    return mask.filter(ImageFilter.GaussianBlur(pixels / 2)) if pixels else mask


def cells_mask(size: tuple[int, int], cells: Sequence[int]) -> Image.Image:
    """Return a mask of `size` (width, height) that selects cells of the grid, numbered from 1, row by row."""
    mask = Image.new("L", size, 0)
    for cell in cells:
        mask.paste(255, _cell_box(size, cell))
    return mask


def cell_centre(cell: int) -> tuple[float, float]:
    """Return the centre (x, y) of a cell of the grid, as fractions of the image's width and height, 0 to 1."""
    row, column = divmod(cell - 1, GRID)
    return (column + 0.5) / GRID, (row + 0.5) / GRID


def share(mask: Image.Image) -> float:
    """Return the share of pixels that are repainted at least in part, 0 to 1."""
    return float((np.asarray(mask) > 0).mean())


def shown(image: Image.Image, mask: Image.Image) -> bytes:
    """Return a JPEG file of the image with the masked region tinted and outlined."""
    plain = _scaled_for_preview(image)
    region = mask.resize(plain.size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    tint = Image.new("RGB", plain.size, TINT)
    picture = Image.composite(tint, plain, region.point([round(TINT_SHARE * value) for value in range(256)]))
    inside = np.asarray(region) > 127
    edge = _within(inside, 2) & ~inside
    picture.paste((255, 255, 255), mask=_mask(edge))
    return _jpeg(picture)


def numbered(image: Image.Image, mask: Image.Image) -> bytes:
    """Return a JPEG file of the image with the masked region tinted, under the numbered grid."""
    picture = Image.open(io.BytesIO(shown(image, mask)))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(max(10, min(picture.size) // (GRID * 4)))
    for cell in range(1, GRID * GRID + 1):
        box = _cell_box(picture.size, cell)
        draw.rectangle(box, outline="white", width=1)
        corner = (box[0] + 6, box[1] + 4)
        draw.text(corner, str(cell), font=font, fill="white", stroke_width=2, stroke_fill="black")
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


def _scaled_for_preview(image: Image.Image) -> Image.Image:
    """Return the image in RGB over white, scaled so that its longer side is within SHOWN_SIDES."""
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
