"""The things of the picture-book world, and their pictures.

Artwork: Fluent Emoji by Microsoft Corporation (MIT licence), as scalable graphics in the npm package
`@iconify-json/fluent-emoji`, whose `info.json` states that licence. It is fetched for training and not committed.
"""

import io
import json
import subprocess
import tarfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import resvg_py
from PIL import Image

PACKAGE = "@iconify-json/fluent-emoji@1.2.7"
SPRITE_SIZE = 512
OPAQUE = 128


@dataclass(frozen=True, slots=True)
class Noun:
    """A thing with a name; `icon` is its name in the package, `flies` things may float in the air."""

    name: str
    icon: str
    flies: bool = False
    synonyms: tuple[str, ...] = ()


NOUNS = (
    Noun("cat", "cat", synonyms=("kitten", "kitty")),
    Noun("dog", "dog", synonyms=("puppy",)),
    Noun("horse", "horse"),
    Noun("cow", "cow"),
    Noun("pig", "pig", synonyms=("piglet",)),
    Noun("sheep", "ewe", synonyms=("lamb",)),
    Noun("rabbit", "rabbit", synonyms=("bunny", "hare")),
    Noun("elephant", "elephant"),
    Noun("lion", "lion"),
    Noun("tiger", "tiger"),
    Noun("panda", "panda"),
    Noun("bear", "bear"),
    Noun("fox", "fox"),
    Noun("monkey", "monkey"),
    Noun("giraffe", "giraffe"),
    Noun("chicken", "chicken", synonyms=("hen",)),
    Noun("duck", "duck"),
    Noun("swan", "swan"),
    Noun("owl", "owl", flies=True),
    Noun("penguin", "penguin"),
    Noun("frog", "frog"),
    Noun("turtle", "turtle", synonyms=("tortoise",)),
    Noun("fish", "tropical-fish"),
    Noun("whale", "spouting-whale"),
    Noun("octopus", "octopus"),
    Noun("crab", "crab"),
    Noun("snail", "snail"),
    Noun("butterfly", "butterfly", flies=True),
    Noun("dinosaur", "sauropod", synonyms=("dino",)),
    Noun("unicorn", "unicorn"),
    Noun("teddy bear", "teddy-bear", synonyms=("teddy",)),
    Noun("apple", "red-apple"),
    Noun("pear", "pear"),
    Noun("banana", "banana"),
    Noun("cherry", "cherries", synonyms=("cherries",)),
    Noun("strawberry", "strawberry"),
    Noun("watermelon", "watermelon"),
    Noun("carrot", "carrot"),
    Noun("mushroom", "mushroom", synonyms=("toadstool",)),
    Noun("pizza", "pizza"),
    Noun("hamburger", "hamburger", synonyms=("burger",)),
    Noun("cake", "birthday-cake", synonyms=("birthday cake",)),
    Noun("donut", "doughnut", synonyms=("doughnut",)),
    Noun("tree", "deciduous-tree"),
    Noun("pine tree", "evergreen-tree", synonyms=("fir", "christmas tree")),
    Noun("palm tree", "palm-tree", synonyms=("palm",)),
    Noun("cactus", "cactus"),
    Noun("rose", "rose"),
    Noun("tulip", "tulip"),
    Noun("sunflower", "sunflower"),
    Noun("car", "automobile", synonyms=("automobile",)),
    Noun("bus", "bus"),
    Noun("fire engine", "fire-engine", synonyms=("fire truck",)),
    Noun("tractor", "tractor"),
    Noun("train", "locomotive", synonyms=("locomotive",)),
    Noun("bicycle", "bicycle", synonyms=("bike",)),
    Noun("airplane", "airplane", flies=True, synonyms=("plane", "aeroplane")),
    Noun("helicopter", "helicopter", flies=True),
    Noun("rocket", "rocket", flies=True, synonyms=("spaceship",)),
    Noun("sailboat", "sailboat", synonyms=("boat", "ship")),
    Noun("ufo", "flying-saucer", flies=True, synonyms=("flying saucer",)),
    Noun("house", "house", synonyms=("home", "cottage")),
    Noun("castle", "castle"),
    Noun("tent", "tent"),
    Noun("ball", "soccer-ball", synonyms=("football", "soccer ball")),
    Noun("balloon", "balloon", flies=True),
    Noun("gift", "wrapped-gift", synonyms=("present",)),
    Noun("book", "closed-book"),
    Noun("guitar", "guitar"),
    Noun("umbrella", "umbrella"),
    Noun("crown", "crown"),
    Noun("star", "star", flies=True),
    Noun("heart", "red-heart", flies=True),
    Noun("robot", "robot"),
    Noun("snowman", "snowman-without-snow"),
    Noun("ghost", "ghost", flies=True),
)
HUES = {"red": 0.0, "orange": 0.075, "yellow": 0.14, "green": 0.33, "blue": 0.60, "purple": 0.76, "pink": 0.90}
COLOURS = (*HUES, "white", "black")


class Artwork:
    """The pictures of the nouns, as sprites cropped to what is drawn."""

    def __init__(self, icons: Path) -> None:
        self._package: dict[str, Any] = json.loads(icons.read_text())
        self._drawn = lru_cache(maxsize=None)(self._draw)

    def sprite(self, noun: Noun) -> Image.Image:
        """Return a noun's picture in RGBA, its longer side about 512 pixels. Raises KeyError without one."""
        return self._drawn(noun.icon)

    def _draw(self, icon: str) -> Image.Image:
        drawing = self._package["icons"][icon]
        side = {name: drawing.get(name, self._package.get(name, 32)) for name in ("width", "height")}
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{drawing.get("left", 0)} {drawing.get("top", 0)} '
            f'{side["width"]} {side["height"]}">{drawing["body"]}</svg>'
        )
        sprite = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SPRITE_SIZE))))
        sprite = sprite.convert("RGBA")
        return sprite.crop(sprite.getchannel("A").point([0] * 8 + [255] * 248).getbbox())


def fetch_artwork(folder: Path) -> Path:
    """Fetch the package with npm, unless that was done, and return the path of the drawings that are used."""
    drawings = folder / "artwork.json"
    if not drawings.exists():
        folder.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, capture_output=True)  # noqa: S607
        archive_path = folder / packed.stdout.decode().strip()
        with tarfile.open(archive_path) as archive:
            icons, info = (archive.extractfile(f"package/{name}.json") for name in ("icons", "info"))
            assert icons is not None  # noqa: S101
            assert info is not None  # noqa: S101
            package, about = json.load(icons), json.load(info)
        package["icons"] = {noun.icon: package["icons"][noun.icon] for noun in NOUNS}
        drawings.write_text(json.dumps({**package, "aliases": {}, "license": about["license"]}))
        archive_path.unlink()
    return drawings


def recoloured(sprite: Image.Image, colour: str) -> Image.Image:
    """Return the sprite in another colour, one of `COLOURS`, keeping its light and shade.

    The sprite's own hues are turned and narrowed towards the colour's; what has no hue, such as a white belly or
    a dark window, keeps its grey unless the sprite is grey throughout.
    """
    hsv = np.asarray(sprite.convert("RGB").convert("HSV")).astype(np.float32) / 255
    hue, saturation, value = hsv[..., 0], hsv[..., 1], hsv[..., 2]
    if colour == "white":
        saturation, value = saturation * 0.08, 0.62 + 0.38 * value
    elif colour == "black":
        saturation, value = saturation * 0.15, value * 0.30
    else:
        coloured = (np.asarray(sprite.getchannel("A")) > OPAQUE) & (saturation > 0.15)
        mean = np.angle(np.exp(2j * np.pi * hue[coloured]).mean()) / (2 * np.pi) if coloured.any() else 0.0
        distance = (hue - mean + 0.5) % 1 - 0.5
        hue = (HUES[colour] + 0.15 * distance) % 1
        saturation = np.where(value > 0.25, np.maximum(saturation, 0.35) * 1.15, saturation)
        if colour == "pink":
            saturation, value = saturation * 0.55, value * 1.15 + 0.08
        elif colour == "yellow":
            value = value * 1.15 + 0.05
    pixels = (np.stack([hue, saturation, value], axis=-1).clip(0, 1) * 255).astype(np.uint8)
    result = Image.fromarray(pixels, "HSV").convert("RGB")
    result.putalpha(sprite.getchannel("A"))
    return result
