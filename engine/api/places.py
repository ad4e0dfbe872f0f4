"""Places in a picture by name."""

import numpy as np

# Rectangles in fractions of the picture's width and height: left, upper, right, lower.
NAMED_REGIONS: dict[str, tuple[float, float, float, float]] = {
    "left": (0.0, 0.0, 0.5, 1.0),
    "right": (0.5, 0.0, 1.0, 1.0),
    "top": (0.0, 0.0, 1.0, 0.5),
    "bottom": (0.0, 0.5, 1.0, 1.0),
    "center": (0.25, 0.25, 0.75, 0.75),
    "everything": (0.0, 0.0, 1.0, 1.0),
    "top left": (0.0, 0.0, 0.5, 0.5),
    "top right": (0.5, 0.0, 1.0, 0.5),
    "bottom left": (0.0, 0.5, 0.5, 1.0),
    "bottom right": (0.5, 0.5, 1.0, 1.0),
    "left third": (0.0, 0.0, 1 / 3, 1.0),
    "middle third": (1 / 3, 0.0, 2 / 3, 1.0),
    "right third": (2 / 3, 0.0, 1.0, 1.0),
    "top third": (0.0, 0.0, 1.0, 1 / 3),
    "bottom third": (0.0, 2 / 3, 1.0, 1.0),
}
BORDER = "border"
BORDER_WIDTH = 1 / 6
REGION_NAMES = (*NAMED_REGIONS, BORDER)


def place_mask(name: str, size: tuple[int, int]) -> np.ndarray:
    """Return where one of REGION_NAMES is in a picture of this size (width, height): (height, width), bool."""
    width, height = size
    mask = np.zeros((height, width), bool)
    if name == BORDER:
        edge = max(1, round(min(size) * BORDER_WIDTH))
        mask[:] = True
        mask[edge : height - edge, edge : width - edge] = False
        return mask
    left, upper, right, lower = NAMED_REGIONS[name]
    mask[int(upper * height) : max(1, int(lower * height)), int(left * width) : max(1, int(right * width))] = True
    return mask
