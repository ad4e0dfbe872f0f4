"""What the finished model tells of its world, for those who write prompts; the engine passes it on to the bot."""

import re

from training.artwork import COLOURS, NOUNS
from training.backgrounds import OUTDOORS, PLAIN, TIME_WORDS, TIMELESS
from training.scenes import ENDINGS, OPENINGS, RELATIONS
from training.styles import STYLE_WORDS, STYLES

PROMPTS = (
    "a penguin in the snow",
    "a red cat in a meadow",
    "a castle in the mountains at sunset",
    "a sailboat on the sea at night",
    "a rocket in space",
    "a purple dinosaur in the desert",
    "a panda and a bicycle in the city",
    "an octopus underwater",
    "a small snowman in a forest",
    "an elephant left of a palm tree on the beach",
    "a yellow car in the city at night, pixel art",
    "a sketch of an owl in a forest",
    "a watercolor of a sunflower in a field",
    "an old sepia photo of a train in the desert",
    "a big blue butterfly on a pink background",
    "a ghost in a room",
)
# What means nothing to the model, and yet needs no remark.
NEUTRAL = "a an the and with of to small little big large tiny huge very one background picture drawing image old"


def describe_world() -> dict[str, list[str]]:
    """Return the fields of `engine.api.messages.World`."""
    names = [name for noun in NOUNS for name in (noun.name, *noun.synonyms)]
    places = [words for _, choices in OUTDOORS.values() for words in choices]
    places += [words for _, choices, _ in TIMELESS.values() for words in choices]
    times = [words for choices in TIME_WORDS.values() for words in choices]
    styles = [word for words in STYLE_WORDS.values() for word in words]
    phrases = (*names, *places, *times, *styles, *COLOURS, *PLAIN, *RELATIONS, *OPENINGS, *ENDINGS, NEUTRAL)
    return {
        "nouns": [noun.name for noun in NOUNS],
        "colours": list(COLOURS),
        "places": [choices[0] for _, choices in OUTDOORS.values()] + [words[0] for _, words, _ in TIMELESS.values()],
        "styles": list(STYLES),
        "words": sorted({word for phrase in phrases for word in re.findall(r"[^\W\d_]+", phrase.lower())}),
        "prompts": list(PROMPTS),
    }
