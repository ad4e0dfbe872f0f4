"""Members' pictures, in the forms in which they come."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from bot.core.errors import PictureError
from bot.imaging.images import fit_upload, read_picture, to_png
from tests.support.images import encoded, meadow, opened, png


@pytest.mark.parametrize(
    ("mode", "form"),
    [("RGB", "RGB"), ("L", "RGB"), ("1", "RGB"), ("P", "RGB"), ("RGBA", "RGB"), ("LA", "RGB"), ("I;16", "RGB")],
)
async def test_every_mode_becomes_one_of_two(mode: str, form: str) -> None:
    grey = Image.linear_gradient("L")
    image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else grey.convert(mode)
    read = await read_picture(png(image))
    assert read.mode == form
    if mode not in ("1",):
        assert (np.asarray(read)[..., 0] == np.asarray(grey)).all()


async def test_transparency_is_kept() -> None:
    image = meadow(mode="RGBA")
    image.putpixel((3, 4), (1, 2, 3, 0))
    read = await read_picture(png(image))
    assert read.mode == "RGBA"
    assert read.getpixel((3, 4)) == (1, 2, 3, 0)


async def test_a_colour_named_transparent_becomes_alpha() -> None:
    image = Image.new("RGB", (4, 4), (9, 9, 9))
    image.putpixel((0, 0), (1, 2, 3))
    read = await read_picture(png(image, transparency=(1, 2, 3)))
    assert read.getpixel((0, 0)) == (1, 2, 3, 0)


async def test_exif_orientation_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    read = await read_picture(encoded(meadow(160, 120), "PNG", exif=exif))
    assert read.size == (120, 160)
    assert np.asarray(read).tolist() == np.asarray(meadow(160, 120).rotate(-90, expand=True)).tolist()


async def test_the_colour_profile_survives() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert opened(to_png(await read_picture(png(meadow(), icc_profile=profile)))).info["icc_profile"] == profile


@pytest.mark.parametrize("image_format", ["JPEG", "WEBP", "GIF", "BMP", "TIFF"])
async def test_usual_formats_are_read(image_format: str) -> None:
    read = await read_picture(encoded(meadow(), image_format))
    assert read.size == (160, 120)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9])
async def test_no_cut_file_gets_through(image_format: str, part: float) -> None:
    data = encoded(meadow(), image_format)
    with pytest.raises(PictureError):
        await read_picture(data[: int(len(data) * part)])


def test_a_picture_that_fits_is_sent_as_it_is() -> None:
    data = png(meadow())
    assert fit_upload(data, len(data)) == (data, "png")


def test_a_larger_one_is_sent_without_loss_where_that_fits() -> None:
    data = png(meadow(800, 600), compress_level=0)
    shown, suffix = fit_upload(data, len(data) // 4)
    assert suffix == "webp"
    assert np.asarray(opened(shown).convert("RGB")).tolist() == np.asarray(meadow(800, 600)).tolist()


def test_the_largest_are_sent_as_jpeg_that_fits() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 600, 4), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise, "RGBA").save(buffer, "PNG")
    shown, suffix = fit_upload(buffer.getvalue(), 60_000)
    assert suffix == "jpg"
    assert len(shown) <= 60_000
    assert opened(shown).format == "JPEG"
