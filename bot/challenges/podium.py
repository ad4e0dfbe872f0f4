"""Drawing of a challenge's podium. Call from a thread."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont, ImageOps

from bot.imaging.images import to_png

SIDE, GAP, FRAME = 256, 24, 6
BACKGROUND, TEXT = "#1e1f22", "#1e1f22"
METALS = ("#e8b923", "#b4bcc8", "#c07f4c")
STEPS = (132, 92, 64)
# Indices of the pictures from left to right: the best in the middle.
ORDER = (1, 0, 2)


def draw_podium(pictures: Sequence[bytes], places: Sequence[int]) -> bytes:
    """Return a PNG of one to three pictures, best first, on steps; `places` count from 1 and may be tied."""
    width = GAP + len(pictures) * (SIDE + GAP)
    height = GAP + SIDE + max(STEPS) + FRAME
    drawn = Image.new("RGB", (width, height), BACKGROUND)
    pen = ImageDraw.Draw(drawn)
    order = [index for index in ORDER if index < len(pictures)]
    for column, index in enumerate(order):
        place = min(places[index], len(STEPS))
        left = GAP + column * (SIDE + GAP)
        top = height - STEPS[place - 1]
        pen.rectangle((left, top, left + SIDE - 1, height), fill=METALS[place - 1])
        number = ImageFont.load_default(STEPS[place - 1] * 2 // 3)
        pen.text((left + SIDE // 2, (top + height) // 2), str(place), fill=TEXT, font=number, anchor="mm")
        with Image.open(io.BytesIO(pictures[index])) as file:
            picture = ImageOps.contain(
                file.convert("RGB"), (SIDE - 2 * FRAME, SIDE - 2 * FRAME), Image.Resampling.LANCZOS
            )
        corner = (left + (SIDE - picture.width) // 2, top - FRAME - picture.height)
        frame = (corner[0] - FRAME, corner[1] - FRAME, corner[0] + picture.width + FRAME - 1, top - 1)
        pen.rectangle(frame, fill=METALS[place - 1])
        drawn.paste(picture, corner)
    return to_png(drawn)
