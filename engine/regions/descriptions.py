"""What a member says of a region: "sky and sea", "the car but not the wheel", "not the left third".

Names are joined by commas, `and` or `or`; what follows a `not`, `but`, `except` or `without` is taken away, to the end.
With nothing before it, it is taken away from everything.
"""

import re
from dataclasses import dataclass

from engine.regions.masks import OTHER_WAYS, NothingFoundError

SUBJECT, BACKGROUND, EVERYTHING = "subject", "background", "everything"
MOST_NAMES = 8

_TAKEN_AWAY = re.compile(r"\b(?:(?:but|and|or)\s+)?(?:not|without|except(?:\s+for)?)\b|\bbut\b")
_JOINED = re.compile(r"[,;&+]|\band\b|\bor\b")
_DETERMINERS = re.compile(r"^(?:(?:the|an?|this|that|these|those|my|your|his|her|its|our|their)\b\s*)+")


@dataclass(frozen=True, slots=True)
class Description:
    """All that is wanted, less all that isn't; each name is one thing, place, or `subject` or `background`."""

    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name once."""
        return tuple(dict.fromkeys((*self.wanted, *self.unwanted)))


def parse(text: str) -> Description:
    """Return what a description says. Raises NothingFoundError where it names nothing, or too much."""
    first, *others = (_names(part) for part in _TAKEN_AWAY.split(text.lower()))
    unwanted = tuple(name for names in others for name in names)
    if not first and not unwanted:
        raise NothingFoundError(f"I don't see what to look for in “{text.strip()[:50]}”; {OTHER_WAYS}.")
    description = Description(first or (EVERYTHING,), unwanted)
    if len(description.names) > MOST_NAMES:
        raise NothingFoundError(f"I can look for {MOST_NAMES} things at once; name fewer, paint them, or give a mask.")
    return description


def _names(part: str) -> tuple[str, ...]:
    stripped = (" ".join(name.split()).strip(" .!?\"'“”") for name in _JOINED.split(part))
    named = (_DETERMINERS.sub("", name) for name in stripped)
    return tuple(name for name in named if name)
