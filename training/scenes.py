"""Scenes of the picture-book world: a picture, what is in it and where, and a caption that says it.

`python -m training.scenes sheet.png` draws a sheet of them with their captions.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from training.artwork import COLOURS, NOUNS, Artwork, Noun, fetch_artwork, recoloured
from training.backgrounds import Backdrop, draw_backdrop
from training.styles import STYLE_WORDS, STYLES

SUPERSAMPLING = 2
VISIBLE = 128
# How much of the picture's side one of so many things takes.
SIDES = {1: (0.50, 0.78), 2: (0.40, 0.50), 3: (0.29, 0.35)}
BIG, SMALL = 0.86, 0.32
RELATIONS = ("and", "left of", "right of", "next to", "on")
OPENINGS = ("", "", "", "", "a picture of ", "a drawing of ", "an illustration of ", "a cute picture of ")
ENDINGS = ("", "", "", "", "", ", high quality", ", beautiful", ", detailed", ", storybook illustration", ", cute")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a scene shall show; whatever is None is left to chance."""

    nouns: tuple[Noun, ...] | None = None
    colours: tuple[str | None, ...] | None = None
    place: str | None = None
    time: str | None = None
    style: str | None = None
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class Chances:
    """How often scenes have what; the defaults are the world as it is trained on."""

    things: tuple[float, float, float, float] = (0.04, 0.60, 0.30, 0.06)
    colour: float = 0.5
    style: float = 0.25
    sized: float = 0.2
    synonym: float = 0.2
    without_place: float = 0.12


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing in a scene, its colour where it was recoloured, and where it shows: bool, (height, width)."""

    noun: Noun
    colour: str | None
    mask: np.ndarray


@dataclass(frozen=True, slots=True)
class Scene:
    """A square picture in RGB with its caption; `place_words` are those of its place, for new things there."""

    image: Image.Image
    caption: str
    things: tuple[Thing, ...]
    place: str
    place_words: str
    time: str | None
    style: str | None


def draw_scene(artwork: Artwork, seed: int, size: int, wish: Wish = Wish(), chances: Chances = Chances()) -> Scene:
    """Draw a scene of `size` by `size` pixels; the same seed gives the same scene."""
    rng = Random(seed)
    nouns = wish.nouns if wish.nouns is not None else tuple(rng.sample(NOUNS, _how_many(rng, chances)))
    colours = wish.colours or tuple(rng.choice(COLOURS) if rng.random() < chances.colour else None for _ in nouns)
    backdrop = draw_backdrop(rng, size * SUPERSAMPLING, wish.place, wish.time)
    relation = wish.relation or (rng.choice(RELATIONS) if len(nouns) == 2 and rng.random() < 0.5 else "and")
    sizes = [rng.choice((BIG, SMALL)) if len(nouns) == 1 and rng.random() < chances.sized else None for _ in nouns]
    things = _compose(artwork, rng, backdrop, nouns, colours, sizes, relation)
    image = backdrop.image.resize((size, size), Image.Resampling.LANCZOS)
    style = wish.style or (rng.choice(tuple(STYLES)) if rng.random() < chances.style else None)
    if style:
        image = STYLES[style](image)
    names = [_named(rng, chances, *words) for words in zip(nouns, colours, sizes, strict=True)]
    caption = _caption(rng, chances, names, relation, backdrop, style)
    return Scene(image, caption, things, backdrop.place, backdrop.words, backdrop.time, style)


def _how_many(rng: Random, chances: Chances) -> int:
    return rng.choices((0, 1, 2, 3), chances.things)[0]


def _compose(
    artwork: Artwork,
    rng: Random,
    backdrop: Backdrop,
    nouns: tuple[Noun, ...],
    colours: tuple[str | None, ...],
    sizes: list[float | None],
    relation: str,
) -> tuple[Thing, ...]:
    """Draw the things into the backdrop, in their relation; a later thing may hide a part of an earlier one."""
    side = backdrop.image.width
    columns = list(range(len(nouns)))
    if relation == "right of":
        columns.reverse()
    elif relation != "left of":
        rng.shuffle(columns)
    drawn: list[tuple[Noun, str | None, Image.Image]] = []
    below: tuple[int, int, int, int] | None = None
    order = range(len(nouns)) if relation != "on" else (1, 0)
    for index in order:
        noun, colour = nouns[index], colours[index]
        share = sizes[index] or rng.uniform(*SIDES[len(nouns)])
        sprite = _sprite(artwork, rng, noun, colour, round(share * side))
        if relation == "on" and below is not None:
            x = (below[0] + below[2] - sprite.width) // 2
            y = below[1] - round(sprite.height * 0.94)
        else:
            x, y = _position(rng, backdrop, noun, sprite, columns[index], len(nouns), low=relation == "on")
        x, y = _inside(x, side - sprite.width), _inside(y, side - sprite.height)
        below = (x, y, x + sprite.width, y + sprite.height)
        if backdrop.horizon is not None and not noun.flies and not (relation == "on" and index == 0):
            _shadow(backdrop.image, below)
        backdrop.image.paste(sprite, (x, y), sprite)
        layer = Image.new("L", (side, side))
        layer.paste(sprite.getchannel("A"), (x, y))
        drawn.append((noun, colour, layer))
    if relation == "on":
        drawn.reverse()
    return _visible(drawn, side // SUPERSAMPLING, front_first=relation == "on")


def _sprite(artwork: Artwork, rng: Random, noun: Noun, colour: str | None, longest: int) -> Image.Image:
    sprite = artwork.sprite(noun)
    scale = longest / max(sprite.size)
    shape = (max(1, round(sprite.width * scale)), max(1, round(sprite.height * scale)))
    sprite = sprite.resize(shape, Image.Resampling.LANCZOS, reducing_gap=2.0)
    if colour:
        sprite = recoloured(sprite, colour)
    return ImageOps.mirror(sprite) if rng.random() < 0.2 else sprite


def _position(
    rng: Random, backdrop: Backdrop, noun: Noun, sprite: Image.Image, column: int, columns: int, *, low: bool
) -> tuple[int, int]:
    """Return where a thing stands in its column: on the ground, or in the air where it flies or nothing is ground."""
    side = backdrop.image.width
    width = side / columns
    play = max(0.0, width - sprite.width) * (0.35 if columns == 1 else 0.4)
    x = (column + 0.5) * width + rng.uniform(-play, play) - sprite.width / 2
    if low:
        y = 0.96 * side - sprite.height
    elif backdrop.horizon is None:
        y = rng.uniform(0.38, 0.62) * side - sprite.height / 2
    elif noun.flies and rng.random() < 0.8:
        y = rng.uniform(0.25, 0.5) * side - sprite.height / 2
    else:
        y = rng.uniform(max(backdrop.horizon + 0.1, 0.78), 0.95) * side - sprite.height
    return round(x), round(y)


def _inside(value: int, most: int) -> int:
    return max(0, min(value, most))


def _shadow(image: Image.Image, box: tuple[int, int, int, int]) -> None:
    left, _, right, lower = box
    width, height = right - left, max(2, (right - left) // 12)
    shade = Image.new("L", image.size)
    ellipse = (left + 0.08 * width, lower - 0.6 * height, right - 0.08 * width, lower + 0.5 * height)
    ImageDraw.Draw(shade).ellipse(ellipse, fill=80)
    image.paste((0, 0, 0), mask=shade.filter(ImageFilter.BoxBlur(image.width // 80)))


def _visible(drawn: list[tuple[Noun, str | None, Image.Image]], size: int, *, front_first: bool) -> tuple[Thing, ...]:
    """Return the things with what can be seen of each at the scene's final size."""
    hidden = np.zeros((size, size), bool)
    things: list[Thing] = []
    for noun, colour, layer in drawn if front_first else reversed(drawn):
        shown = np.asarray(layer.resize((size, size), Image.Resampling.BOX)) >= VISIBLE
        things.append(Thing(noun, colour, shown & ~hidden))
        hidden |= shown
    return tuple(things if front_first else reversed(things))


def with_article(words: str) -> str:
    """Return the words with `a` or `an` before them."""
    vowel = words[0] in "aeiou" and not words.startswith(("unicorn", "ufo"))
    return f"{'an' if vowel else 'a'} {words}"


def _named(rng: Random, chances: Chances, noun: Noun, colour: str | None, size: float | None) -> str:
    name = rng.choice(noun.synonyms) if noun.synonyms and rng.random() < chances.synonym else noun.name
    adjective = {BIG: rng.choice(("big", "large")), SMALL: rng.choice(("small", "little"))}.get(size or 0)
    return with_article(" ".join(word for word in (adjective, colour, name) if word))


def _caption(
    rng: Random, chances: Chances, names: list[str], relation: str, backdrop: Backdrop, style: str | None
) -> str:
    if len(names) == 2 and relation != "and":
        words = {"left of": rng.choice(("left of", "to the left of")), "right of": "to the right of"}
        subject = f"{names[0]} {words.get(relation, relation)} {names[1]}"
    else:
        subject = ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)
    whole = subject if names and rng.random() < chances.without_place else f"{subject} {backdrop.words}".strip()
    if style is None:
        return (rng.choice(OPENINGS) if names else "") + whole + rng.choice(ENDINGS)
    word = rng.choice(STYLE_WORDS[style])
    return rng.choice((f"{word} of {whole}" if names else f"{word}, {whole}", f"{whole}, {word}"))


def _sheet(path: Path, count: int = 48, size: int = 128) -> None:
    artwork = Artwork(fetch_artwork(Path("data/training")))
    sheet = Image.new("RGB", (8 * size, count // 8 * size))
    for seed in range(count):
        scene = draw_scene(artwork, seed, size)
        sheet.paste(scene.image, (seed % 8 * size, seed // 8 * size))
        sys.stdout.write(f"{seed}: {scene.caption}\n")
    sheet.save(path)


if __name__ == "__main__":
    _sheet(Path(sys.argv[1]))
