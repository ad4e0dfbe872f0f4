"""What follows from a picture's safety score, 0 for harmless to 1, in the place where it was asked for."""

import math
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a server lets pass."""

    STRICT = "strict"
    USUAL = "usual"
    LENIENT = "lenient"
    OFF = "off"


class Handling(StrEnum):
    """What is done with a picture."""

    NOTHING = "nothing"
    SPOILER = "spoiler"
    HOLD = "hold"
    BLOCK = "block"


# Yahoo's open_nsfw calls scores below 0.2 safe and above 0.8 not safe: https://github.com/yahoo/open_nsfw
LIMITS = {Level.STRICT: 0.2, Level.USUAL: 0.5, Level.LENIENT: 0.8, Level.OFF: math.inf}


@dataclass(frozen=True, slots=True)
class ChannelThresholds:
    """What holds in a place: from the score `here` on a picture is handled, from `elsewhere` on hidden elsewhere."""

    here: float
    elsewhere: float
    handling: Handling

    def allows(self, score: float) -> bool:
        """Return whether a picture may be seen by everyone in this place."""
        return score < self.here

    def handling_of(self, score: float) -> Handling:
        """Return what is done with a picture; what is fine here alone is a spoiler, so that it is one elsewhere."""
        if not self.allows(score):
            return self.handling
        return Handling.SPOILER if score >= self.elsewhere else Handling.NOTHING
