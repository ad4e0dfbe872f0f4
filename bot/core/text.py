"""Cleaning and validation of text that members write."""

import re

from bot.core.errors import UserError
from bot.core.i18n import _

# Control characters and lone surrogates, which PostgreSQL and UTF-8 refuse; direction overrides and zero-width
# characters, which let a text look like another one. Joiners (U+200C, U+200D) stay: emoji and letters need them.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff]")


def cleaned(text: str) -> str:
    """Return the text without surrounding whitespace, control characters, direction marks and zero-width characters."""
    return _UNWANTED.sub("", text).strip()


def checked_prompt(prompt: str) -> str:
    """Return the cleaned prompt. Raises UserError if it has no visible character."""
    prompt = cleaned(prompt)
    if not any(character.isprintable() and not character.isspace() for character in prompt):
        raise UserError(_("The prompt is empty; say in a few words what to paint."))
    return prompt
