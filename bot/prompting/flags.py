"""Parser of flags in a prompt, in Midjourney's syntax: `a fox --ar 3:2 --no people --seed 5`."""

import math
import re
from dataclasses import dataclass, replace

from bot.core.errors import UserError
from bot.core.i18n import _
from bot.prompting.parameters import GUIDANCE_SCALE, SEEDS, STEPS

_FLAG = re.compile(r"(?:^|\s)(?:--|—)([a-zA-Z]+)(.*?)(?=\s(?:--|—)[a-zA-Z]|$)", re.DOTALL)
_ASPECT = re.compile(r"(\d{1,3})\s*[:x/]\s*(\d{1,3})")
MAX_ASPECT = 3.0
# Inference steps by the value of `--quality`; 1 is the default.
STEPS_BY_QUALITY = {"0.25": 8, "0.5": 14, "1": STEPS, "2": 50}
# Midjourney's default and largest value of `--stylize`, and the lowest guidance scale that it maps to here.
DEFAULT_STYLIZE, MAX_STYLIZE, MIN_GUIDANCE = 100, 1000, 2.0
KNOWN_FLAGS = (
    "`--ar 3:2`, `--no people`, `--seed 5`, `--q 0.5`, `--style name`, `--chaos 30`, `--tile`, `--stylize 250`"
)


@dataclass(frozen=True, slots=True)
class PromptFlags:
    """A prompt without its flags, and their values.

    `aspect` is width divided by height; `aspect` 0, an empty string and None mean that the flag is not given. `chaos`
    is from 0 to 1.
    """

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
    """Return the prompt and its flags. Raises UserError for an unknown flag or an invalid value."""
    first = _FLAG.search(text)
    flags = PromptFlags(" ".join((text[: first.start()] if first else text).split()))
    for match in _FLAG.finditer(text):
        flags = _with_flag(flags, match[1].lower(), match[2].strip())
    return flags


def _with_flag(flags: PromptFlags, name: str, value: str) -> PromptFlags:
    match name:
        case "ar" | "aspect":
            return replace(flags, aspect=read_aspect(value))
        case "no":
            return replace(flags, negative_prompt=", ".join(filter(None, (flags.negative_prompt, value))))
        case "seed":
            return replace(flags, seed=_whole_number(name, value, SEEDS - 1))
        case "style":
            return replace(flags, style=value)
        case "chaos" | "c":
            return replace(flags, chaos=_whole_number(name, value, 100) / 100)
        case "tile":
            if value:
                raise UserError(_("`--tile` stands alone; write the prompt before the flags."))
            return replace(flags, tile=True)
        case "stylize" | "s":
            return replace(flags, guidance_scale=guidance_of(_whole_number(name, value, MAX_STYLIZE)))
        case "q" | "quality":
            if value not in STEPS_BY_QUALITY:
                raise UserError(_("`--{flag}` takes {values}.", flag=name, values=", ".join(STEPS_BY_QUALITY)))
            return replace(flags, num_inference_steps=STEPS_BY_QUALITY[value])
        case _:
            raise UserError(
                _(
                    "I don't know `--{flag}`; I know {known}. Leave it out, or use one of these.",
                    flag=name[:20],
                    known=KNOWN_FLAGS,
                )
            )


def read_aspect(text: str) -> float:
    """Return width divided by height for a text such as `3:2`. Raises UserError outside 1:3 to 3:1."""
    found = _ASPECT.fullmatch(text.strip())
    aspect = int(found[1]) / int(found[2]) if found and int(found[2]) else 0.0
    if not 1 / MAX_ASPECT <= aspect <= MAX_ASPECT:
        raise UserError(_("An aspect is two numbers such as 3:2, no wider than 3:1 and no higher than 1:3."))
    return aspect


def size_of(aspect: float, native_size: int) -> tuple[int, int]:
    """Return width and height in pixels for an aspect ratio, with an area of about `native_size` squared."""
    return round(native_size * math.sqrt(aspect)), round(native_size / math.sqrt(aspect))


def guidance_of(stylize: int) -> float:
    """Return the guidance scale for a value of Midjourney's `--stylize`, 0 to 1000.

    Larger values give a lower scale, at least 2.0, so that the model follows the prompt less closely. The default, 100,
    gives the default guidance scale.
    """
    return max(MIN_GUIDANCE, 1.8 * GUIDANCE_SCALE / (1 + 0.8 * stylize / DEFAULT_STYLIZE))


def _whole_number(name: str, value: str, most: int) -> int:
    if not (value.isascii() and value.isdigit() and int(value) <= most):
        raise UserError(_("`--{flag}` takes a whole number from 0 to {most}.", flag=name, most=most))
    return int(value)
