"""View of prompts with a Paint button each."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import discord
from discord import ui

from bot.core.i18n import _
from bot.ui.access import View
from bot.ui.cards import WORKING
from bot.ui.errors import answering_errors
from bot.ui.host import Interaction
from bot.ui.modals import SECONDS
from bot.ui.text import escaped

Paint = Callable[[Interaction, str], Awaitable[None]]


def prompts_view(title: str, prompts: Sequence[str], note: str, paint: Paint) -> ui.LayoutView:
    """Build a view of prompts, each with a button that calls `paint`; a `note` is shown below them."""
    parts: list[ui.Item[Any]] = [ui.TextDisplay(title)]
    parts += [ui.Section[Any](ui.TextDisplay(escaped(prompt)), accessory=_button(prompt, paint)) for prompt in prompts]
    if note:
        parts.append(ui.TextDisplay(f"-# {note}"))
    view = View(timeout=SECONDS)
    view.add_item(ui.Container(*parts, accent_colour=WORKING))
    return view


def weighed_title(words: Sequence[tuple[str, float]]) -> str:
    """Return the words of a prompt, bold if their share is at least the average, and a line on the method."""
    average = 1 / max(1, len(words))
    shown = " ".join(f"**{escaped(word)}**" if share >= average else escaped(word) for word, share in words)
    how = _("A word matters as far as the prompt's embedding turns when it is left out; bold: above average.")
    return f"{shown}\n-# {how}"


def _button(prompt: str, paint: Paint) -> ui.Button[Any]:
    button: ui.Button[Any] = ui.Button(label=_("Paint"), style=discord.ButtonStyle.secondary)

    async def pressed(interaction: Interaction) -> None:
        async with answering_errors(interaction):
            await paint(interaction, prompt)

    button.callback = pressed
    return button
