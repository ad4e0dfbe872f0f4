"""The styles that a member can use."""

from collections.abc import Sequence

import discord

from bot.records import Style
from bot.views.layout import WORKING, Card, card

SHOWN, WORDS_SHOWN = 25, 100


def styles_card(styles: Sequence[Style]) -> Card:
    """Show styles with their words."""
    lines = [_in_words(style) for style in styles[:SHOWN]] or ["None yet; `/style add` keeps one."]
    if len(styles) > SHOWN:
        lines.append(f"-# and {len(styles) - SHOWN} more")
    return card(WORKING, "## Styles\n" + "\n".join(lines))


def _in_words(style: Style) -> str:
    words = discord.utils.escape_markdown(style.words[:WORDS_SHOWN])
    without = f" · without: {discord.utils.escape_markdown(style.negative_words[:WORDS_SHOWN])}"
    like = " · in the style of a picture" * bool(style.image_key)
    return (
        f"**{style.name}** {'(yours) ' if style.is_own else ''}{words}{without if style.negative_words else ''}{like}"
    )
