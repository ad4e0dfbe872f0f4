"""The places of the picture-book world, by day, at night and at sunset.

Everything is drawn from a `random.Random`, so the same generator gives the same picture. Sizes are pixels of a
square; positions inside it are fractions, 0 at the left and top.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
PLAIN: dict[str, Colour] = {
    "red": (222, 60, 60),
    "orange": (250, 150, 50),
    "yellow": (250, 220, 80),
    "green": (90, 190, 100),
    "blue": (80, 140, 230),
    "purple": (150, 90, 200),
    "pink": (250, 170, 200),
    "white": (250, 250, 250),
    "black": (20, 20, 24),
    "gray": (140, 140, 145),
}
LIGHT = {"day": 1.0, "sunset": 0.85, "night": 0.5}
TIME_WORDS = {
    "day": (" under a blue sky", " by day", "", "", ""),
    "sunset": (" at sunset", " under a sunset sky"),
    "night": (" at night", " under a starry night", " under a night sky"),
}


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A drawn place. `horizon` is where the ground begins, None where there is none; `words` says it in a caption."""

    image: Image.Image
    place: str
    time: str | None
    horizon: float | None
    words: str


class _Canvas:
    """A square picture with what the places are drawn from."""

    def __init__(self, rng: Random, size: int, time: str, horizon: float) -> None:
        self.rng = rng
        self.size = size
        self.time = time
        self.horizon = horizon
        self.image = Image.new("RGB", (size, size))
        self.draw = ImageDraw.Draw(self.image)

    def near(self, colour: Colour, spread: int = 10) -> Colour:
        """Return a colour close to this one."""
        red, green, blue = (max(0, min(255, part + self.rng.randint(-spread, spread))) for part in colour)
        return red, green, blue

    def lit(self, colour: Colour) -> Colour:
        """Return a colour close to this one in the light of the time of day."""
        red, green, blue = (int(part * LIGHT[self.time]) for part in self.near(colour))
        return red, green, blue

    def gradient(self, top: Colour, bottom: Colour, end: float = 1.0) -> None:
        """Fill the picture from the top colour to the bottom colour, which is reached at `end`."""
        share = np.clip(np.arange(self.size) / (end * self.size), 0, 1)[:, None, None]
        rows = np.array(top) * (1 - share) + np.array(bottom) * share
        self.image.paste(Image.fromarray(rows.repeat(self.size, axis=1).astype(np.uint8)))

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Draw a filled circle."""
        box = [(edge * self.size) for edge in (x - radius, y - radius, x + radius, y + radius)]
        self.draw.ellipse(box, fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Draw a filled rectangle."""
        self.draw.rectangle([edge * self.size for edge in (left, top, right, bottom)], fill=colour)

    def hills(self, height: float, wave: float, colour: Colour) -> None:
        """Fill everything below a wavy line."""
        start, pace = self.rng.uniform(0, math.tau), self.rng.uniform(0.6, 1.4)
        line = [
            (x, (height + wave * math.sin(start + pace * x / self.size * math.tau)) * self.size)
            for x in range(0, self.size + 4, 4)
        ]
        self.draw.polygon([*line, (self.size + 4, self.size), (0, self.size)], fill=colour)

    def specks(self, count: int, colour: Colour, top: float = 0.0, bottom: float = 1.0) -> None:
        """Draw small discs at random: stars, snowflakes."""
        for _ in range(count):
            radius = self.rng.choice((0.008, 0.011, 0.015))
            self.disc(self.rng.random(), self.rng.uniform(top, bottom), radius, colour)

    def sky(self) -> None:
        """Draw the sky of the time of day."""
        if self.time == "day":
            self.gradient(self.near((90, 170, 240)), self.near((200, 232, 255)), 0.65)
            for _ in range(self.rng.randint(0, 3)):
                x, y, radius = self.rng.random(), self.rng.uniform(0.05, 0.4), self.rng.uniform(0.05, 0.09)
                for across, down, share in ((0.0, 0.0, 1.0), (-1.1, 0.3, 0.7), (1.1, 0.3, 0.75)):
                    self.disc(x + across * radius, y + down * radius, share * radius, WHITE)
        elif self.time == "night":
            self.gradient(self.near((14, 18, 52), 6), self.near((52, 60, 120)), 0.7)
            self.specks(self.rng.randint(8, 16), (255, 255, 230), bottom=0.6)
            self.disc(self.rng.uniform(0.1, 0.9), self.rng.uniform(0.1, 0.25), 0.07, (250, 244, 200))
        else:
            self.gradient(self.near((120, 70, 150)), self.near((255, 160, 70)), 0.6)
            self.disc(self.rng.uniform(0.2, 0.8), 0.5, 0.11, (255, 225, 120))


def _field(canvas: _Canvas) -> None:
    canvas.hills(canvas.horizon, 0.03, canvas.lit((106, 190, 80)))


def _meadow(canvas: _Canvas) -> None:
    _field(canvas)
    for _ in range(16):
        petal = canvas.rng.choice(((255, 255, 255), (255, 220, 90), (250, 140, 170)))
        canvas.disc(canvas.rng.random(), canvas.rng.uniform(canvas.horizon + 0.06, 1), 0.014, canvas.lit(petal))


def _snow(canvas: _Canvas) -> None:
    canvas.hills(canvas.horizon, 0.04, canvas.lit((240, 246, 252)))
    canvas.specks(16, WHITE)


def _beach(canvas: _Canvas) -> None:
    canvas.box(0, canvas.horizon - 0.12, 1, 1, canvas.lit((60, 150, 215)))
    canvas.hills(canvas.horizon + 0.06, 0.02, canvas.lit((242, 218, 160)))


def _sea(canvas: _Canvas) -> None:
    canvas.box(0, canvas.horizon - 0.08, 1, 1, canvas.lit((40, 120, 200)))
    for _ in range(10):
        x, y = canvas.rng.random() * canvas.size, canvas.rng.uniform(canvas.horizon, 1) * canvas.size
        wave = (x, y, x + 0.12 * canvas.size, y + 0.04 * canvas.size)
        canvas.draw.arc(wave, 180, 360, fill=canvas.lit((150, 205, 245)), width=max(1, canvas.size // 160))


def _desert(canvas: _Canvas) -> None:
    canvas.hills(canvas.horizon, 0.05, canvas.lit((235, 195, 125)))
    canvas.hills(canvas.horizon + 0.15, 0.04, canvas.lit((220, 175, 105)))


def _forest(canvas: _Canvas) -> None:
    foot = canvas.horizon + 0.03
    for _ in range(14):
        x, height = canvas.rng.random(), canvas.rng.uniform(0.28, 0.45)
        tree = [(x - 0.09, foot), (x + 0.09, foot), (x, foot - height)]
        green = canvas.lit((40, canvas.rng.randint(95, 130), 60))
        canvas.draw.polygon([(a * canvas.size, b * canvas.size) for a, b in tree], fill=green)
    canvas.hills(canvas.horizon, 0.02, canvas.lit((80, 150, 70)))


def _mountains(canvas: _Canvas) -> None:
    foot = canvas.horizon + 0.03
    for _ in range(4):
        x, height, half = canvas.rng.random(), canvas.rng.uniform(0.25, 0.42), canvas.rng.uniform(0.22, 0.34)
        for share, colour in ((1.0, (120, 125, 145)), (0.25, (245, 248, 252))):
            base = foot - height * (1 - share)
            peak = [(x - half * share, base), (x + half * share, base), (x, foot - height)]
            canvas.draw.polygon([(a * canvas.size, b * canvas.size) for a, b in peak], fill=canvas.lit(colour))
    canvas.hills(canvas.horizon, 0.02, canvas.lit((120, 180, 95)))


def _city(canvas: _Canvas) -> None:
    x, window = -0.03, (200, 225, 240) if canvas.time == "day" else (255, 230, 140)
    while x < 1:
        width, height = canvas.rng.uniform(0.1, 0.18), canvas.rng.uniform(0.2, 0.5)
        wall = canvas.lit(canvas.rng.choice(((120, 130, 150), (150, 120, 110), (100, 110, 130))))
        canvas.box(x, canvas.horizon - height, x + width, canvas.horizon, wall)
        for row in np.arange(canvas.horizon - height + 0.03, canvas.horizon - 0.05, 0.1):
            for column in np.arange(x + 0.02, x + width - 0.04, 0.07):
                if canvas.rng.random() < 0.6:
                    canvas.box(float(column), float(row), float(column) + 0.035, float(row) + 0.045, window)
        x += width + canvas.rng.uniform(0, 0.02)
    canvas.box(0, canvas.horizon, 1, 1, canvas.lit((105, 105, 112)))


def _space(canvas: _Canvas) -> None:
    canvas.gradient(canvas.near((10, 8, 30), 5), canvas.near((40, 20, 70), 8))
    canvas.specks(canvas.rng.randint(14, 24), (255, 255, 230))
    planet = canvas.near((210, 140, 90), 30)
    canvas.disc(canvas.rng.random(), canvas.rng.uniform(0, 0.3), canvas.rng.uniform(0.08, 0.14), planet)


def _underwater(canvas: _Canvas) -> None:
    canvas.gradient(canvas.near((60, 180, 220)), canvas.near((10, 60, 130)))
    for _ in range(canvas.rng.randint(5, 12)):
        x, y, radius = (canvas.rng.uniform(*ends) * canvas.size for ends in ((0, 1), (0, 1), (0.01, 0.025)))
        rim = (x - radius, y - radius, x + radius, y + radius)
        canvas.draw.ellipse(rim, outline=(200, 240, 255), width=max(1, canvas.size // 200))
    canvas.hills(0.88, 0.03, canvas.near((220, 200, 140)))


def _room(canvas: _Canvas) -> None:
    wall = canvas.near(canvas.rng.choice(((250, 225, 190), (200, 225, 240), (245, 205, 205))), 6)
    canvas.box(0, 0, 1, 1, wall)
    canvas.box(0, canvas.horizon, 1, 1, canvas.near((170, 115, 70)))
    left = canvas.rng.uniform(0.1, 0.6)
    canvas.box(left - 0.02, 0.08, left + 0.32, 0.42, WHITE)
    for pane in (left, left + 0.16):
        canvas.box(pane, 0.1, pane + 0.14, 0.4, (170, 215, 250))


Draw = Callable[[_Canvas], None]
OUTDOORS: dict[str, tuple[Draw, tuple[str, ...]]] = {
    "field": (_field, ("on a green field", "on the grass", "in a field")),
    "meadow": (_meadow, ("in a meadow", "in a flower meadow", "in a green meadow")),
    "snow": (_snow, ("in the snow", "on snow")),
    "beach": (_beach, ("on a beach", "on the beach")),
    "sea": (_sea, ("on the sea", "on the ocean")),
    "desert": (_desert, ("in the desert", "in a desert")),
    "forest": (_forest, ("in a forest", "in the forest")),
    "mountains": (_mountains, ("in the mountains", "near mountains")),
    "city": (_city, ("in a city", "in the city")),
}
TIMELESS: dict[str, tuple[Draw, tuple[str, ...], float | None]] = {
    "space": (_space, ("in space", "in outer space"), None),
    "underwater": (_underwater, ("underwater", "under the sea"), 0.85),
    "room": (_room, ("in a room", "indoors"), 0.62),
}
PLACES = (*OUTDOORS, *TIMELESS, "plain")
_WEIGHTS = (3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1.5, 3)


def draw_backdrop(rng: Random, size: int, place: str | None = None, time: str | None = None) -> Backdrop:
    """Draw a place, one of `PLACES`, at a time of day; what is not named is left to chance."""
    place = place or rng.choices(PLACES, _WEIGHTS)[0]
    horizon = rng.uniform(0.58, 0.66)
    if place == "plain":
        return _plain(rng, size)
    if place in TIMELESS:
        draw, words, ground = TIMELESS[place]
        canvas = _Canvas(rng, size, "day", ground or horizon)
        draw(canvas)
        return Backdrop(canvas.image, place, None, ground, rng.choice(words))
    draw, words = OUTDOORS[place]
    time = time or rng.choices(("day", "night", "sunset"), (2, 1.3, 1))[0]
    canvas = _Canvas(rng, size, time, horizon)
    canvas.sky()
    draw(canvas)
    return Backdrop(canvas.image, place, time, horizon, rng.choice(words) + rng.choice(TIME_WORDS[time]))


def _plain(rng: Random, size: int) -> Backdrop:
    name = rng.choice(tuple(PLAIN))
    canvas = _Canvas(rng, size, "day", 1.0)
    top = canvas.near(PLAIN[name], 6)
    red, green, blue = (max(0, part - 14) for part in top)
    canvas.gradient(top, (red, green, blue))
    article = "an" if name == "orange" else "a"
    words = rng.choice((f"on {article} {name} background", f"on a plain {name} background"))
    return Backdrop(canvas.image, "plain", None, None, words)
