"""Masks from what a member types or draws: mode L, the size of the image, 255 = repaint, 0 = keep.

All functions block: call them from a thread.
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageOps

from bot.core.errors import MaskError
from bot.core.i18n import N_, _, note
from engine.api.places import REGION_NAMES, place_mask

SAME_ASPECT = 0.02
OPAQUE = 128
BRIGHT = 128
FAR_FROM_GREY = 48
PAINTED_DIFFERENCE = 48
COLOUR_SAMPLE = 100_000


@dataclass(frozen=True, slots=True)
class Region:
    """The part of an image to repaint; `note` says how the input was understood, for `bot.core.i18n.say_notes`."""

    mask_image: Image.Image
    note: str = ""


def region_from_word(word: str, size: tuple[int, int], invert: bool) -> Region:
    """Return the region with a name from REGION_NAMES for an image of `size` (width, height), inverted if `invert`.

    Raises MaskError if the name is unknown or nothing is left to repaint.
    """
    word = word.strip().lower()
    if word not in REGION_NAMES:
        raise MaskError(
            _(
                "I don't know the region “{region}”; choose one of: {regions}.",
                region=word[:50],
                regions=", ".join(REGION_NAMES),
            )
        )
    mask = Image.fromarray(place_mask(word, size).astype(np.uint8) * 255)
    if invert:
        mask = ImageOps.invert(mask)
    if mask.getbbox() is None:
        raise MaskError(_("That leaves nothing to repaint; choose a region, or leave invert out."))
    return Region(mask)


def region_from_png(mask_image: bytes, invert: bool) -> Region:
    """Return the region of a mask file made by the engine, inverted if `invert`.

    Raises MaskError if the mask is empty or covers the whole image.
    """
    selected = np.asarray(Image.open(io.BytesIO(mask_image))) >= BRIGHT
    return Region(_checked_mask(~selected if invert else selected))


def region_from_hole(image: Image.Image, invert: bool) -> Region:
    """Return the transparent part of the image, inverted if `invert`. Raises MaskError if no part is transparent."""
    if image.mode != "RGBA":
        raise MaskError(_("Tell me what to repaint: add a mask picture, or a region such as left or center."))
    hole = _transparent(image)
    if invert:
        return Region(_checked_mask(~hole), _("All but the transparent part of your picture is repainted."))
    return Region(_checked_mask(hole), _("The transparent part of your picture is repainted."))


def region_from_mask(mask: Image.Image, image: Image.Image, invert: bool) -> Region:
    """Return the region that a member's mask image selects, inverted if `invert`.

    Accepts white on black, one colour on transparency, the image with a transparent hole, and a copy of the image
    painted over in one strong colour. A mask of another size is resized if its aspect ratio is within 2 % of the
    image's. Raises MaskError if it is not, or if the mask is empty, unclear or covers the whole image.
    """
    notes = []
    if mask.size != image.size:
        if abs(mask.width * image.height / (mask.height * image.width) - 1) > SAME_ASPECT:
            raise MaskError(
                _(
                    "The mask has {mask_size} pixels and the picture {picture_size}; "
                    "send a mask of the picture's shape.",
                    mask_size=f"{mask.width} × {mask.height}",
                    picture_size=f"{image.width} × {image.height}",
                )
            )
        size = f"{mask.width} × {mask.height}"
        notes.append(note(N_("The mask was resized from {size} to the picture's size."), size=size))
        mask = mask.resize(image.size, Image.Resampling.BILINEAR)
    selected = _selection(mask, image)
    if invert:
        selected = ~selected
    region = _checked_mask(selected)
    share = selected.mean()
    if share > 0.5 and not invert:
        notes.append(
            note(N_("{share} of the picture is repainted; if you meant the rest, use invert."), share=f"{share:.0%}")
        )
    return Region(region, "\n".join(notes))


def _selection(mask: Image.Image, image: Image.Image) -> np.ndarray:
    if mask.mode == "RGBA":
        hole = _transparent(mask)
        drawn = np.asarray(mask.convert("RGB"))[~hole]
        one_colour = drawn.size > 0 and bool((np.ptp(drawn, axis=0) < FAR_FROM_GREY).all())
        return ~hole if one_colour else hole
    drawing = mask.convert("RGB")
    light = np.asarray(drawing.convert("L"))
    grey = _largest_difference(drawing, drawing.convert("L").convert("RGB")) < FAR_FROM_GREY
    black_or_white = grey & ((light < BRIGHT // 2) | (light > 255 - BRIGHT // 2))
    if black_or_white.mean() > 0.95:
        return light >= BRIGHT
    return _painted_over(drawing, image.convert("RGB"))


def _painted_over(copy: Image.Image, original: Image.Image) -> np.ndarray:
    """Return the pixels of the copy painted over in one colour, as a bool array (height, width).

    Re-encoding the copy leaves small differences, which are ignored. Raises MaskError if no such colour is found.
    """
    difference = _largest_difference(copy, original)
    changed = difference > PAINTED_DIFFERENCE
    if not changed.any():
        raise MaskError(
            _(
                "I see nothing painted in that mask; paint the part to change in white on black, "
                "or in one strong colour over a copy of the picture."
            )
        )
    paint = np.asarray(copy)[changed]
    sample = paint[:: max(1, len(paint) // COLOUR_SAMPLE)]
    red, green, blue = (int(value) for value in np.median(sample, axis=0))
    flat = Image.new("RGB", copy.size, (red, green, blue))
    painted = (_largest_difference(copy, flat) < PAINTED_DIFFERENCE) & (difference > PAINTED_DIFFERENCE // 2)
    if painted.sum() < 0.5 * changed.sum():
        raise MaskError(
            _(
                "I can't tell which part of that mask is meant; paint it in white on black, "
                "or in one strong colour over a copy of the picture."
            )
        )
    return painted


def _largest_difference(one: Image.Image, other: Image.Image) -> np.ndarray:
    """Return each pixel's largest channel difference of two RGB images, 0 to 255, in shape (height, width)."""
    red, green, blue = ImageChops.difference(one, other).split()
    return np.asarray(ImageChops.lighter(ImageChops.lighter(red, green), blue))


def _transparent(image: Image.Image) -> np.ndarray:
    return np.asarray(image.getchannel("A")) < OPAQUE


def _checked_mask(selected: np.ndarray) -> Image.Image:
    """Return the mask of a bool array. Raises MaskError if it selects nothing or the whole image."""
    if not selected.any():
        raise MaskError(_("The mask is empty; paint the part to change in white."))
    if selected.all():
        raise MaskError(_("The mask covers the whole picture; if you mean that, use the region “everything”."))
    return Image.fromarray(selected.astype(np.uint8) * 255)
