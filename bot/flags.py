"""Flags in a prompt, in Midjourney's spelling: `a fox --ar 3:2 --no people --seed 5`."""

import math
import re
from dataclasses import dataclass, replace

from bot.asked import SEEDS, STEPS
from bot.errors import UserError

_FLAG = re.compile(r"(?:^|\s)(?:--|—)([a-zA-Z]+)\s*(.*?)(?=\s(?:--|—)[a-zA-Z]|$)", re.DOTALL)
_ASPECT = re.compile(r"(\d{1,3})\s*[:x/]\s*(\d{1,3})")
WIDEST = 3.0
# Steps by quality; 1 is the usual.
QUALITIES = {"0.25": 8, "0.5": 14, "1": STEPS, "2": 50}
KNOWN = "`--ar 3:2`, `--no people`, `--seed 5`, `--q 0.5`, `--style name`"


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt without its flags, and what they said; `aspect` is width by height, 0 where nothing was said."""

    prompt: str
    negative_prompt: str = ""
    aspect: float = 0.0
    seed: int | None = None
    num_inference_steps: int | None = None
    style: str = ""


def read_flags(text: str) -> Asked:
    """Return a prompt and what its flags say. Raises UserError for a flag that is unknown or says nothing of use."""
    first = _FLAG.search(text)
    asked = Asked(" ".join((text[: first.start()] if first else text).split()))
    for match in _FLAG.finditer(text):
        asked = _with_flag(asked, match[1].lower(), match[2].strip())
    return asked


def _with_flag(asked: Asked, name: str, value: str) -> Asked:
    match name:
        case "ar" | "aspect":
            return replace(asked, aspect=read_aspect(value))
        case "no":
            return replace(asked, negative_prompt=", ".join(filter(None, (asked.negative_prompt, value))))
        case "seed":
            return replace(asked, seed=_whole_number(name, value))
        case "style":
            return replace(asked, style=value)
        case "q" | "quality":
            if value not in QUALITIES:
                raise UserError(f"`--{name}` takes {', '.join(QUALITIES)}.")
            return replace(asked, num_inference_steps=QUALITIES[value])
        case _:
            raise UserError(f"I don't know `--{name[:20]}`; I know {KNOWN}. Leave it out, or use one of these.")


def read_aspect(text: str) -> float:
    """Return width by height of an aspect such as 3:2. Raises UserError."""
    found = _ASPECT.fullmatch(text.strip())
    aspect = int(found[1]) / int(found[2]) if found and int(found[2]) else 0.0
    if not 1 / WIDEST <= aspect <= WIDEST:
        raise UserError("An aspect is two numbers such as 3:2, no wider than 3:1 and no higher than 1:3.")
    return aspect


def size_of(aspect: float, native_size: int) -> tuple[int, int]:
    """Return width and height in pixels of an aspect, with about the area that a model was trained on."""
    return round(native_size * math.sqrt(aspect)), round(native_size / math.sqrt(aspect))


def _whole_number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value) < SEEDS):
        raise UserError(f"`--{name}` takes a whole number from 0 to {SEEDS - 1}.")
    return int(value)
