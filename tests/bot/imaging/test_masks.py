"""Masks in the forms that people make, and regions in words."""

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from bot.core.errors import MaskError
from bot.imaging.decoder import DECODER
from bot.imaging.masks import region_from_hole, region_from_mask, region_from_word
from engine.api.places import REGION_NAMES
from tests.support.images import ellipse, encoded, meadow, png


def share_that_agrees(mask: Image.Image, wanted: Image.Image) -> float:
    """Return the part of the pixels on which two masks agree."""
    assert mask.mode == "L"
    assert set(np.unique(np.asarray(mask))) <= {0, 255}
    return float((np.asarray(mask) == np.asarray(wanted)).mean())


def read(data: bytes) -> Image.Image:
    return DECODER.submit(data).result().image


def painted_over(colour: str, **options: Any) -> Image.Image:
    copy = meadow()
    copy.paste(colour, mask=ellipse())
    return read(encoded(copy, **options) if options else png(copy))


def with_hole() -> Image.Image:
    image = meadow()
    image.putalpha(ImageChops.invert(ellipse()))
    return read(png(image))


def on_transparency(colour: str) -> Image.Image:
    drawn = Image.new("RGBA", (160, 120), (0, 0, 0, 0))
    drawn.paste(colour, mask=ellipse())
    return read(png(drawn))


@pytest.mark.parametrize(
    ("mask", "invert"),
    [
        (read(png(ellipse())), False),
        (read(png(ImageChops.invert(ellipse()))), True),
        (read(encoded(ellipse(), "JPEG", quality=60)), False),
        (with_hole(), False),
        (on_transparency("white"), False),
        (on_transparency("black"), False),
        (painted_over("red"), False),
        (painted_over("magenta", image_format="JPEG", quality=70), False),
        (painted_over("white"), False),
    ],
    ids=["white on black", "black on white", "jpeg", "hole", "white drawn", "black drawn", "red", "jpeg red", "white"],
)
def test_a_mask_is_understood(mask: Image.Image, invert: bool) -> None:
    region = region_from_mask(mask, meadow(), invert)
    assert share_that_agrees(region.mask_image, ellipse()) > 0.98
    assert region.note == ""


def test_black_on_white_is_not_guessed_but_asked_about() -> None:
    region = region_from_mask(read(png(ImageChops.invert(ellipse()))), meadow(), invert=False)
    assert share_that_agrees(region.mask_image, ImageChops.invert(ellipse())) == 1.0
    assert "use invert" in region.note


def test_a_mask_of_another_size_is_resized_and_said() -> None:
    region = region_from_mask(read(png(ellipse(480, 360))), meadow(), invert=False)
    assert region.mask_image.size == (160, 120)
    assert share_that_agrees(region.mask_image, ellipse()) > 0.98
    assert "480 × 360" in region.note


def test_a_mask_of_another_shape_is_refused() -> None:
    with pytest.raises(MaskError, match="of the picture's shape"):
        region_from_mask(read(png(ellipse(160, 160))), meadow(), invert=False)


def test_two_colours_of_paint_are_refused() -> None:
    copy = meadow()
    for colour, box in (("red", (0, 0, 60, 50)), ("cyan", (80, 50, 140, 110)), ("yellow", (80, 0, 140, 50))):
        ImageDraw.Draw(copy).rectangle(box, fill=colour)
    with pytest.raises(MaskError, match="can't tell which part"):
        region_from_mask(read(png(copy)), meadow(), invert=False)


def test_a_hole_or_all_but_the_hole() -> None:
    assert share_that_agrees(region_from_hole(with_hole(), invert=False).mask_image, ellipse()) == 1.0
    rest = region_from_hole(with_hole(), invert=True).mask_image
    assert share_that_agrees(rest, ImageChops.invert(ellipse())) == 1.0
    with pytest.raises(MaskError, match="Tell me what to repaint"):
        region_from_hole(meadow(), invert=False)


@pytest.mark.parametrize("size", [(160, 120), (3, 5), (1, 1)])
@pytest.mark.parametrize("word", REGION_NAMES)
def test_every_word_means_something_in_every_picture(word: str, size: tuple[int, int]) -> None:
    mask = region_from_word(f" {word.upper()} ", size, invert=False).mask_image
    assert mask.size == size
    assert mask.getbbox() is not None


@pytest.mark.parametrize(
    ("word", "box"),
    [("left", (0, 0, 80, 120)), ("bottom", (0, 60, 160, 120)), ("center", (40, 30, 120, 90))],
)
def test_a_word_means_its_rectangle(word: str, box: tuple[int, int, int, int]) -> None:
    mask = region_from_word(word, (160, 120), invert=False).mask_image
    assert mask.getbbox() == box
    assert mask.crop(box).getextrema() == (255, 255)
    rest = region_from_word(word, (160, 120), invert=True).mask_image
    assert (np.asarray(mask) != np.asarray(rest)).all()


def test_the_border_leaves_the_middle() -> None:
    mask = region_from_word("border", (160, 120), invert=False).mask_image
    assert mask.getpixel((80, 60)) == 0
    assert [mask.getpixel(corner) for corner in ((0, 0), (159, 0), (0, 119), (159, 119))] == [255] * 4
