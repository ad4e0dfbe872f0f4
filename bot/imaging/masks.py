"""From what a member says or draws to a `mask_image`: mode L, the picture's size, 255 = repaint, else 0.

Blocking: call from a thread.
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageOps

from bot.core.errors import MaskError
from bot.core.i18n import N_, _, note
from engine.places import REGION_NAMES, place_mask

SAME_ASPECT = 0.02
OPAQUE = 128
BRIGHT = 128
FAR_FROM_GREY = 48
PAINTED_DIFFERENCE = 48
COLOUR_SAMPLE = 100_000


@dataclass(frozen=True, slots=True)
class Region:
    """The part of a picture to repaint; `note` tells how it was understood, as `bot.core.i18n.say_notes` reads it."""

    mask_image: Image.Image
    note: str = ""


def region_from_word(word: str, size: tuple[int, int], invert: bool) -> Region:
    """Return the region that a plain word means in a picture of this size, or the rest. Raises MaskError."""
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
    """Return the region of a mask that the engine has found, or the rest. Raises MaskError."""
    selected = np.asarray(Image.open(io.BytesIO(mask_image))) >= BRIGHT
    return Region(_checked(~selected if invert else selected))


def region_from_hole(image: Image.Image, invert: bool) -> Region:
    """Return the transparent part of the picture itself, or the rest. Raises MaskError where it has none."""
    if image.mode != "RGBA":
        raise MaskError(_("Tell me what to repaint: add a mask picture, or a region such as left or center."))
    hole = _transparent(image)
    if invert:
        return Region(_checked(~hole), _("All but the transparent part of your picture is repainted."))
    return Region(_checked(hole), _("The transparent part of your picture is repainted."))


def region_from_mask(mask: Image.Image, image: Image.Image, invert: bool) -> Region:
    """Return the region that a member's mask picture means.

    Understood are white on black, one colour on transparency, the picture with a transparent hole, and a copy
    of the picture painted over in one strong colour. `invert` takes the other part. A mask of another size is
    resized where its aspect agrees. Raises MaskError.
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
    selected = _understood(mask, image)
    if invert:
        selected = ~selected
    region = _checked(selected)
    share = selected.mean()
    if share > 0.5 and not invert:
        notes.append(
            note(N_("{share} of the picture is repainted; if you meant the rest, use invert."), share=f"{share:.0%}")
        )
    return Region(region, "\n".join(notes))


def _understood(mask: Image.Image, image: Image.Image) -> np.ndarray:
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
    """Return where the copy has been painted over in one colour; re-encoding leaves small differences."""
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
    """Return by how much two RGB pictures differ in each pixel's most different channel, 0 to 255."""
    red, green, blue = ImageChops.difference(one, other).split()
    return np.asarray(ImageChops.lighter(ImageChops.lighter(red, green), blue))


def _transparent(image: Image.Image) -> np.ndarray:
    return np.asarray(image.getchannel("A")) < OPAQUE


def _checked(selected: np.ndarray) -> Image.Image:
    """Return the mask of a drawn selection. Raises MaskError where it is empty or all of the picture."""
    if not selected.any():
        raise MaskError(_("The mask is empty; paint the part to change in white."))
    if selected.all():
        raise MaskError(_("The mask covers the whole picture; if you mean that, use the region “everything”."))
    return Image.fromarray(selected.astype(np.uint8) * 255)
