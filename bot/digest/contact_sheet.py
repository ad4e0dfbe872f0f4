"""Drawing of a contact sheet. Call from a thread."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont, ImageOps

from bot.imaging.images import to_png

COLUMNS, SIDE, GAP, LABEL = 3, 320, 20, 32
BACKGROUND, TEXT = "#1e1f22", "#dbdee1"


def draw_sheet(pictures: Sequence[bytes]) -> bytes:
    """Return a PNG of pictures in rows of three, each with its number, from 1, below it."""
    rows = -(-len(pictures) // COLUMNS)
    size = (GAP + min(len(pictures), COLUMNS) * (SIDE + GAP), GAP + rows * (SIDE + LABEL + GAP))
    drawn = Image.new("RGB", size, BACKGROUND)
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(24)
    for index, file in enumerate(pictures):
        left = GAP + index % COLUMNS * (SIDE + GAP)
        top = GAP + index // COLUMNS * (SIDE + LABEL + GAP)
        with Image.open(io.BytesIO(file)) as opened:
            picture = ImageOps.contain(opened.convert("RGB"), (SIDE, SIDE), Image.Resampling.LANCZOS)
        # Aligned at the bottom, so that each picture is next to its number.
        drawn.paste(picture, (left + (SIDE - picture.width) // 2, top + SIDE - picture.height))
        pen.text((left + SIDE // 2, top + SIDE + LABEL // 2), str(index + 1), fill=TEXT, font=font, anchor="mm")
    return to_png(drawn)
