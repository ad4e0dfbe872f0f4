"""Safety levels: how a picture is handled for its safety score, from 0 (harmless) to 1, in a channel."""

import math
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """Strictness of a server; see LIMITS for the threshold of each level."""

    STRICT = "strict"
    USUAL = "usual"
    LENIENT = "lenient"
    OFF = "off"


class Handling(StrEnum):
    """Treatment of a picture: delivered unchanged, delivered as a spoiler, held for moderators, or blocked."""

    NOTHING = "nothing"
    SPOILER = "spoiler"
    HOLD = "hold"
    BLOCK = "block"


# Yahoo's open_nsfw calls scores below 0.2 safe and above 0.8 not safe: https://github.com/yahoo/open_nsfw
LIMITS = {Level.STRICT: 0.2, Level.USUAL: 0.5, Level.LENIENT: 0.8, Level.OFF: math.inf}


@dataclass(frozen=True, slots=True)
class ChannelThresholds:
    """Channel thresholds: scores ≥ `here` get `handling`; scores ≥ `elsewhere` become spoilers."""

    here: float
    elsewhere: float
    handling: Handling

    def allows(self, score: float) -> bool:
        """Return whether a picture with this score may be shown openly in the channel."""
        return score < self.here

    def handling_of(self, score: float) -> Handling:
        """Return how to handle a picture with this score.

        A picture that is allowed in this channel but not in others becomes a spoiler, so that it is one there too.
        """
        if not self.allows(score):
            return self.handling
        return Handling.SPOILER if score >= self.elsewhere else Handling.NOTHING
