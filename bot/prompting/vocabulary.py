"""Help with prompts for a model that paints only a small world."""

import re

from bot.core.i18n import N_, note
from engine.messages import World
from engine.places import NAMED_REGIONS

# Those that say where in the picture something shall be, as in `top left: a bird`.
PLACE_WORDS = {word for place in NAMED_REGIONS for word in place.split()}
CHOICES = 25
CHOICE_LENGTH = 100
EXAMPLES = 6
BEYOND = N_(
    "The small model in use doesn't know {words}. It paints {count} things, such as {examples}: `/help` shows them "
    "all. For everything else, the server's owner can set ATELIER_MODEL to a full model."
)


def propose_prompts(world: World, typed: str) -> list[str]:
    """Return at most 25 prompts that begin as typed: whole examples, or with the last word made one of the world's."""
    examples = [prompt for prompt in world.prompts if prompt.startswith(typed.lower())]
    *before, last = typed.split(" ")
    names = sorted((*world.nouns, *world.colours, *world.styles)) if last else ()
    ended = [" ".join((*before, name)) for name in names if name.startswith(last.lower())]
    return [prompt for prompt in (*examples, *ended) if len(prompt) <= CHOICE_LENGTH][:CHOICES]


def propose_regions(world: World, typed: str) -> list[str]:
    """Return the things of the world that a region may be named by, as far as they contain what is typed."""
    sought = typed.lower().removeprefix("the ")
    return [f"the {noun}" for noun in world.nouns if sought and sought in noun]


def unknown_words_notice(world: World, prompt: str) -> str:
    """Return a note of which words of a prompt the model does not know and what to do; empty if it knows all."""
    words = re.findall(r"[^\W\d_]+", re.sub(r"<lora:[^>]*>", "", prompt.lower()))
    unknown = [word for word in words if word not in world.words and word not in PLACE_WORDS]
    if not unknown:
        return ""
    named = ", ".join(f"“{word}”" for word in dict.fromkeys(unknown[:4]))
    return note(
        BEYOND,
        words=named,
        count=len(world.nouns),
        examples=", ".join(world.nouns[:EXAMPLES]),
    )
