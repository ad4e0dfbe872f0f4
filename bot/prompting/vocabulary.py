"""Help with prompts for a small model that knows only the words of its `World`."""

import re

from bot.core.i18n import N_, note
from bot.ui.choices import MOST_CHOICES
from engine.api.messages import World
from engine.api.places import NAMED_REGIONS

# Words that name a region of the picture, as in `top left: a bird`.
REGION_WORDS = {word for region in NAMED_REGIONS for word in region.split()}
CHOICE_LENGTH = 100
EXAMPLES = 6
UNKNOWN_WORDS = N_(
    "The small model in use doesn't know {words}. It paints {count} things, such as {examples}: `/help` shows them "
    "all. For everything else, the server's owner can set ATELIER_MODEL to a full model."
)


def propose_prompts(world: World, typed: str) -> list[str]:
    """Return at most 25 prompts that begin with `typed`: example prompts, or `typed` with its last word completed."""
    examples = [prompt for prompt in world.prompts if prompt.startswith(typed.lower())]
    *before, last = typed.split(" ")
    names = sorted((*world.nouns, *world.colours, *world.styles)) if last else ()
    completed = [" ".join((*before, name)) for name in names if name.startswith(last.lower())]
    return [prompt for prompt in (*examples, *completed) if len(prompt) <= CHOICE_LENGTH][:MOST_CHOICES]


def propose_regions(world: World, typed: str) -> list[str]:
    """Return the nouns of the world that contain `typed`, with “the”, as names of regions; none if `typed` is empty."""
    part = typed.lower().removeprefix("the ")
    return [f"the {noun}" for noun in world.nouns if part and part in noun]


def unknown_words_notice(world: World, prompt: str) -> str:
    """Return a note with the words of a prompt that the model does not know and what to do, or an empty string."""
    words = re.findall(r"[^\W\d_]+", re.sub(r"<lora:[^>]*>", "", prompt.lower()))
    unknown = [word for word in words if word not in world.words and word not in REGION_WORDS]
    if not unknown:
        return ""
    named = ", ".join(f"“{word}”" for word in dict.fromkeys(unknown[:4]))
    return note(
        UNKNOWN_WORDS,
        words=named,
        count=len(world.nouns),
        examples=", ".join(world.nouns[:EXAMPLES]),
    )
