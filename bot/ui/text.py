"""Text in cards: escaped, shortened, mentioned."""

import re

import discord

from bot.core.i18n import N_, _
from bot.ui.cards import DONE, Card, card

# Of a prompt or a negative prompt; all texts of a message together may have 4,000 characters.
PROMPT_SHOWN = 1500


# Where a picture should be that can't be read.
LOST = N_("I can't show the picture: its file is missing or damaged. My log says more.")


def left_card(text: str) -> Card:
    """Show what has become of something that is no longer there."""
    return card(DONE, text)


def prompt_title(prompt: str) -> str:
    """Return a prompt as a card's title."""
    return f"**{escaped(prompt)}**"


def escaped(text: str, most: int = PROMPT_SHOWN) -> str:
    """Return a member's text as it is written, cut where it would take more than `most` characters."""
    shown = text
    while len(taken := _plain(shown)) > most:
        shown = shown[: min(most, len(shown) * 3 // 4)]
    return taken if shown == text else f"{taken}…"


def mention(user_id: int) -> str:
    """Return a member's mention; 0 is whoever had everything about them deleted."""
    return f"<@{user_id}>" if user_id else _("a former member")


def _plain(text: str) -> str:
    """Return a text that no Markdown of its own, and no link around it, can change."""
    return re.sub(r"(?<!\\)[\[\]]", r"\\\g<0>", discord.utils.escape_markdown(text))
