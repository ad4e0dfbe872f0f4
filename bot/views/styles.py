"""The styles that a member can use."""

from collections.abc import Sequence

import discord
from discord import ui

from bot.records import Style
from bot.views.cards import WORKING, Card

SHOWN, WORDS_SHOWN = 25, 100


def styles_card(styles: Sequence[Style]) -> Card:
    """Show styles with their words."""
    lines = [_in_words(style) for style in styles[:SHOWN]] or ["None yet; `/style add` keeps one."]
    if len(styles) > SHOWN:
        lines.append(f"-# and {len(styles) - SHOWN} more")
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(ui.TextDisplay("## Styles\n" + "\n".join(lines)), accent_colour=WORKING))
    return Card(view)


def _in_words(style: Style) -> str:
    words = discord.utils.escape_markdown(style.words[:WORDS_SHOWN])
    without = f" · without: {discord.utils.escape_markdown(style.negative_words[:WORDS_SHOWN])}"
    return f"**{style.name}** {'(yours) ' if style.is_own else ''}{words}{without if style.negative_words else ''}"
