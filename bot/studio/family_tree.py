"""Drawing of a picture's family: ancestors on the left, children on the right. Call from a thread."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont, ImageOps

SIDE, GAP, LABEL = 112, 28, 20
BACKGROUND, LINE, CHOSEN, TEXT = "#1e1f22", "#6d6f78", "#5865f2", "#dbdee1"


@dataclass(frozen=True, slots=True)
class Portrait:
    """Picture in a family tree; `file` holds its bytes, or None if it was removed."""

    number: int
    file: bytes | None


def draw_family(ancestors: Sequence[Portrait], itself: Portrait, children: Sequence[Portrait]) -> bytes:
    """Return a PNG of a tree of thumbnails with one column per generation; `itself` has a frame."""
    columns = [[each] for each in (*ancestors, itself)] + ([list(children)] if children else [])
    rows = max(map(len, columns))
    width = GAP + len(columns) * (SIDE + GAP)
    height = GAP + rows * (SIDE + LABEL + GAP)
    drawn = Image.new("RGB", (width, height), BACKGROUND)
    corners = [
        [(GAP + across * (SIDE + GAP), _top(down, len(column), height)) for down in range(len(column))]
        for across, column in enumerate(columns)
    ]
    pen = ImageDraw.Draw(drawn)
    for (parent, *_), column in pairwise(corners):
        for child in column:
            _draw_edge(pen, parent, child)
    for column, column_corners in zip(columns, corners, strict=True):
        for portrait, corner in zip(column, column_corners, strict=True):
            _draw_portrait(drawn, pen, portrait, corner, is_chosen=portrait is itself)
    buffer = io.BytesIO()
    drawn.save(buffer, "PNG")
    return buffer.getvalue()


def _top(down: int, count: int, height: int) -> int:
    step = SIDE + LABEL + GAP
    return (height - count * step + GAP) // 2 + down * step


def _draw_edge(pen: ImageDraw.ImageDraw, parent: tuple[int, int], child: tuple[int, int]) -> None:
    start, end = (parent[0] + SIDE, parent[1] + SIDE // 2), (child[0], child[1] + SIDE // 2)
    middle = (start[0] + end[0]) // 2
    pen.line([start, (middle, start[1]), (middle, end[1]), end], fill=LINE, width=2)


def _draw_portrait(
    drawn: Image.Image, pen: ImageDraw.ImageDraw, portrait: Portrait, corner: tuple[int, int], *, is_chosen: bool
) -> None:
    x, y = corner
    if portrait.file is None:
        # A cross needs no translation.
        pen.rectangle((x, y, x + SIDE, y + SIDE), outline=LINE)
        pen.line((x, y, x + SIDE, y + SIDE), fill=LINE)
        pen.line((x, y + SIDE, x + SIDE, y), fill=LINE)
    else:
        with Image.open(io.BytesIO(portrait.file)) as picture:
            thumbnail = ImageOps.contain(picture.convert("RGB"), (SIDE, SIDE))
        drawn.paste(thumbnail, (x + (SIDE - thumbnail.width) // 2, y + (SIDE - thumbnail.height) // 2))
    if is_chosen:
        pen.rectangle((x - 4, y - 4, x + SIDE + 3, y + SIDE + 3), outline=CHOSEN, width=4)
    font = ImageFont.load_default(15)
    pen.text((x + SIDE // 2, y + SIDE + 5), f"#{portrait.number}", fill=TEXT, font=font, anchor="ma")
