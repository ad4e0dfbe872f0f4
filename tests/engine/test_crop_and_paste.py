"""Crop and paste: outside the mask nothing changes, whatever the picture and the mask."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from engine.images import paste, plan_crop, prepare
from tests.support.images import ellipse, meadow

NATIVE, MULTIPLE = 128, 16
sizes = st.tuples(st.integers(1, 300), st.integers(1, 300))


@st.composite
def pictures_with_masks(draw: st.DrawFn) -> tuple[Image.Image, Image.Image]:
    """Draw noise of any size in RGB or RGBA, and a mask of dots, boxes, lines or noise with something in it."""
    width, height = draw(sizes)
    noise = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mode = draw(st.sampled_from(["RGB", "RGBA"]))
    image = Image.fromarray(noise.integers(0, 256, (height, width, len(mode)), np.uint8), mode)
    mask = Image.new("L", (width, height))
    kind = draw(st.sampled_from(["rectangle", "ellipse", "line", "point", "noise", "everything"]))
    x = sorted(draw(st.tuples(st.integers(0, width - 1), st.integers(0, width - 1))))
    y = sorted(draw(st.tuples(st.integers(0, height - 1), st.integers(0, height - 1))))
    if kind == "noise":
        mask = Image.fromarray(noise.integers(0, 2, (height, width), np.uint8) * 255)
    elif kind == "everything":
        mask.paste(255, (0, 0, width, height))
    elif kind in ("rectangle", "ellipse"):
        getattr(ImageDraw.Draw(mask), kind)((x[0], y[0], x[1], y[1]), fill=255)
    elif kind == "line":
        ImageDraw.Draw(mask).line((x[0], y[0], x[1], y[1]), fill=255, width=draw(st.integers(1, 20)))
    mask.putpixel((x[0], y[0]), 255)
    return image, mask


@given(pictures_with_masks())
def test_outside_the_mask_every_byte_stays(drawn: tuple[Image.Image, Image.Image]) -> None:
    image, mask = drawn
    crop = plan_crop(mask, NATIVE, MULTIPLE)
    result = paste(image, Image.new("RGB", crop.size, (255, 0, 255)), mask, crop)
    outside = np.asarray(mask) == 0
    assert result.mode == image.mode
    assert result.size == image.size
    assert (np.asarray(result)[outside] == np.asarray(image)[outside]).all()


@given(pictures_with_masks())
def test_the_model_gets_the_whole_mask_at_a_size_that_it_takes(drawn: tuple[Image.Image, Image.Image]) -> None:
    image, mask = drawn
    crop = plan_crop(mask, NATIVE, MULTIPLE)
    left, upper, right, lower = crop.box
    assert 0 <= left < right <= image.width
    assert 0 <= upper < lower <= image.height
    inside = np.asarray(mask)
    assert inside.sum() == inside[upper:lower, left:right].sum()
    assert crop.size[0] % MULTIPLE == crop.size[1] % MULTIPLE == 0
    part, cells = prepare(image, mask, crop)
    assert part.size == cells.size == crop.size
    assert part.mode == "RGB"
    # The pipeline samples one pixel a latent cell: no cell may be masked in part.
    grid = np.asarray(cells).reshape(crop.size[1] // 8, 8, crop.size[0] // 8, 8)
    assert (grid.max(axis=(1, 3)) == grid.min(axis=(1, 3))).all()
    assert grid.max() == 255


def test_a_small_region_is_painted_at_the_native_size() -> None:
    mask = Image.new("L", (2000, 1500))
    mask.paste(255, (900, 700, 1000, 780))
    crop = plan_crop(mask, 512, 16)
    assert crop.size == (512, 512)
    assert crop.box[2] - crop.box[0] == crop.box[3] - crop.box[1] == 256


def test_the_region_is_painted_to_its_middle_and_feathered_at_its_edge() -> None:
    image, mask = meadow(640, 640), ellipse(640, 640)
    crop = plan_crop(mask, NATIVE, MULTIPLE)
    result = np.asarray(paste(image, Image.new("RGB", crop.size, (255, 0, 255)), mask, crop)).astype(int)
    assert result[320, 320].tolist() == [255, 0, 255]
    edge = int(np.asarray(mask)[320].argmax())
    blue = result[320, edge - 1 : edge + 12, 2]
    assert blue[0] == 90
    assert (np.diff(blue) >= 0).all()
    assert blue[1] < 130
    assert blue[-1] == 255


@pytest.mark.parametrize("width", [1, 2, 5])
def test_a_thin_stroke_is_painted(width: int) -> None:
    mask = Image.new("L", (400, 400))
    ImageDraw.Draw(mask).line((0, 200, 400, 200), fill=255, width=width)
    crop = plan_crop(mask, NATIVE, MULTIPLE)
    result = paste(meadow(400, 400), Image.new("RGB", crop.size, (255, 0, 255)), mask, crop)
    assert result.getpixel((200, 200)) == (255, 0, 255)


def test_a_region_at_the_border_of_the_picture_is_painted_up_to_it() -> None:
    mask = Image.new("L", (400, 400))
    mask.paste(255, (0, 0, 200, 400))
    crop = plan_crop(mask, NATIVE, MULTIPLE)
    result = paste(meadow(400, 400), Image.new("RGB", crop.size, (255, 0, 255)), mask, crop)
    assert result.getpixel((0, 0)) == result.getpixel((0, 399)) == (255, 0, 255)


def test_an_empty_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        plan_crop(Image.new("L", (10, 10)), NATIVE, MULTIPLE)
