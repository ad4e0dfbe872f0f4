"""Modals and text inputs that several features use."""

from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord import ui

from bot.ui.access import Modal
from bot.ui.errors import answering_errors
from bot.ui.host import Interaction

# Timeout of views that need the interaction's token, which is valid for 15 minutes.
SECONDS = 840
PROMPT_LENGTH = 1000


class WordsModal(Modal):
    """Modal with one text input; calls `begin` with the interaction and the text."""

    def __init__(
        self, title: str, question: str, proposal: str, begin: Callable[[Interaction, str], Awaitable[None]]
    ) -> None:
        super().__init__(title=title)
        self._begin = begin
        self.words: ui.TextInput[Any] = ui.TextInput(custom_id="words", default=proposal, max_length=PROMPT_LENGTH)
        self.add_item(ui.Label(text=question, component=self.words))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Call `begin` with the submitted text."""
        async with answering_errors(interaction):
            await self._begin(interaction, self.words.value)


def prompt_input(prompt: str) -> ui.TextInput[Any]:
    """Return a paragraph input for a prompt, prefilled with `prompt`."""
    return ui.TextInput(custom_id="prompt", style=discord.TextStyle.paragraph, default=prompt, max_length=PROMPT_LENGTH)


def negative_input(negative_prompt: str) -> ui.TextInput[Any]:
    """Return an optional input for a negative prompt, prefilled with `negative_prompt`."""
    return ui.TextInput(custom_id="negative_prompt", default=negative_prompt, max_length=PROMPT_LENGTH, required=False)
