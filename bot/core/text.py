"""Text as members write it: cleaned and checked."""

import re

from bot.core.errors import UserError
from bot.core.i18n import _

# Controls and halves of characters, which PostgreSQL and UTF-8 refuse; what turns the direction of writing, and what
# takes no room, which let a text look like what it isn't. What joins emoji and letters stays.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff]")


def cleaned(text: str) -> str:
    """Return a member's text without the space around it, and without characters that nobody writes on purpose."""
    return _UNWANTED.sub("", text).strip()


def checked_prompt(prompt: str) -> str:
    """Return a cleaned prompt. Raises UserError where nothing is left."""
    prompt = cleaned(prompt)
    if not any(character.isprintable() and not character.isspace() for character in prompt):
        raise UserError(_("The prompt is empty; say in a few words what to paint."))
    return prompt
