"""What a member's request has where they say nothing else, and what its words must be."""

import re
import secrets

from bot.core.errors import UserError
from bot.core.i18n import say

# One more than the largest seed.
SEEDS = 2**32
GUIDANCE_SCALE, STEPS = 5.0, 25
# Controls and halves of characters, which PostgreSQL and UTF-8 refuse; what turns the direction of writing, and what
# takes no room, which let a text look like what it isn't. What joins emoji and letters stays.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff]")
ASPECTS = ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "2:1")


def new_seed() -> int:
    """Return a seed by chance."""
    return secrets.randbelow(SEEDS)


def cleaned(text: str) -> str:
    """Return a member's text without the space around it, and without characters that nobody writes on purpose."""
    return _UNWANTED.sub("", text).strip()


def checked_prompt(prompt: str) -> str:
    """Return a cleaned prompt. Raises UserError where nothing is left."""
    prompt = cleaned(prompt)
    if not any(character.isprintable() and not character.isspace() for character in prompt):
        raise UserError(say("The prompt is empty; say in a few words what to paint."))
    return prompt
