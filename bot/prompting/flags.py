"""Flags in a prompt, in Midjourney's spelling: `a fox --ar 3:2 --no people --seed 5`."""

import math
import re
from dataclasses import dataclass, replace

from bot.core.errors import UserError
from bot.core.i18n import _
from bot.prompting.parameters import GUIDANCE_SCALE, SEEDS, STEPS

_FLAG = re.compile(r"(?:^|\s)(?:--|—)([a-zA-Z]+)(.*?)(?=\s(?:--|—)[a-zA-Z]|$)", re.DOTALL)
_ASPECT = re.compile(r"(\d{1,3})\s*[:x/]\s*(\d{1,3})")
WIDEST = 3.0
# Steps by quality; 1 is the usual.
QUALITIES = {"0.25": 8, "0.5": 14, "1": STEPS, "2": 50}
# What Midjourney's stylize counts from and to, and the guidance that the usual one stands for here.
STYLIZE, STYLIZE_MOST, LEAST_GUIDANCE = 100, 1000, 2.0
KNOWN = "`--ar 3:2`, `--no people`, `--seed 5`, `--q 0.5`, `--style name`, `--chaos 30`, `--tile`, `--stylize 250`"


@dataclass(frozen=True, slots=True)
class PromptFlags:
    """A prompt without its flags, and what they said; `aspect` is width by height, 0 where nothing was said."""

    prompt: str
    negative_prompt: str = ""
    aspect: float = 0.0
    seed: int | None = None
    num_inference_steps: int | None = None
    style: str = ""
    chaos: float | None = None
    tile: bool = False
    guidance_scale: float | None = None


def read_flags(text: str) -> PromptFlags:
    """Return a prompt and what its flags say. Raises UserError for a flag that is unknown or says nothing of use."""
    first = _FLAG.search(text)
    asked = PromptFlags(" ".join((text[: first.start()] if first else text).split()))
    for match in _FLAG.finditer(text):
        asked = _with_flag(asked, match[1].lower(), match[2].strip())
    return asked


def _with_flag(asked: PromptFlags, name: str, value: str) -> PromptFlags:
    match name:
        case "ar" | "aspect":
            return replace(asked, aspect=read_aspect(value))
        case "no":
            return replace(asked, negative_prompt=", ".join(filter(None, (asked.negative_prompt, value))))
        case "seed":
            return replace(asked, seed=_whole_number(name, value, SEEDS - 1))
        case "style":
            return replace(asked, style=value)
        case "chaos" | "c":
            return replace(asked, chaos=_whole_number(name, value, 100) / 100)
        case "tile":
            if value:
                raise UserError(_("`--tile` stands alone; write the prompt before the flags."))
            return replace(asked, tile=True)
        case "stylize" | "s":
            return replace(asked, guidance_scale=guidance_of(_whole_number(name, value, STYLIZE_MOST)))
        case "q" | "quality":
            if value not in QUALITIES:
                raise UserError(_("`--{flag}` takes {values}.", flag=name, values=", ".join(QUALITIES)))
            return replace(asked, num_inference_steps=QUALITIES[value])
        case _:
            raise UserError(
                _(
                    "I don't know `--{flag}`; I know {known}. Leave it out, or use one of these.",
                    flag=name[:20],
                    known=KNOWN,
                )
            )


def read_aspect(text: str) -> float:
    """Return width by height of an aspect such as 3:2. Raises UserError."""
    found = _ASPECT.fullmatch(text.strip())
    aspect = int(found[1]) / int(found[2]) if found and int(found[2]) else 0.0
    if not 1 / WIDEST <= aspect <= WIDEST:
        raise UserError(_("An aspect is two numbers such as 3:2, no wider than 3:1 and no higher than 1:3."))
    return aspect


def size_of(aspect: float, native_size: int) -> tuple[int, int]:
    """Return width and height in pixels of an aspect, with about the area that a model was trained on."""
    return round(native_size * math.sqrt(aspect)), round(native_size / math.sqrt(aspect))


def guidance_of(stylize: int) -> float:
    """Return the guidance scale for Midjourney's `--stylize`: the more of it, the more freely the prompt is read.

    The usual 100 is the usual guidance; 0 follows the prompt closely.
    """
    return max(LEAST_GUIDANCE, 1.8 * GUIDANCE_SCALE / (1 + 0.8 * stylize / STYLIZE))


def _whole_number(name: str, value: str, most: int) -> int:
    if not (value.isascii() and value.isdigit() and int(value) <= most):
        raise UserError(_("`--{flag}` takes a whole number from 0 to {most}.", flag=name, most=most))
    return int(value)
