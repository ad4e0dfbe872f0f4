"""Text in cards: escaping, shortening and mentions."""

import re

import discord

from bot.core.i18n import N_, _
from bot.ui.cards import DONE, Card, card

# Characters shown of a prompt or a negative prompt; all texts of a message together may have 4,000.
PROMPT_SHOWN = 1500


# Shown instead of a picture whose file cannot be read.
LOST = N_("I can't show the picture: its file is missing or damaged. My log says more.")


def left_card(text: str) -> Card:
    """Return a card with one text that replaces finished content, such as a submitted draft."""
    return card(DONE, text)


def prompt_title(prompt: str) -> str:
    """Return a prompt as the bold title of a card, escaped and shortened."""
    return f"**{escaped(prompt)}**"


def escaped(text: str, most: int = PROMPT_SHOWN) -> str:
    """Return a text with its Markdown escaped, cut to at most `most` characters and an ellipsis."""
    shown = text
    while len(taken := _escape(shown)) > most:
        shown = shown[: min(most, len(shown) * 3 // 4)]
    return taken if shown == text else f"{taken}…"


def mention(user_id: int) -> str:
    """Return a member's mention; `user_id` 0 stands for a former member whose data was deleted."""
    return f"<@{user_id}>" if user_id else _("a former member")


def _escape(text: str) -> str:
    """Return the text with Markdown and square brackets escaped, so that it is also safe inside a link."""
    return re.sub(r"(?<!\\)[\[\]]", r"\\\g<0>", discord.utils.escape_markdown(text))
