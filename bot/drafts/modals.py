"""Modals for the prompt and the region of a draft."""

from typing import Any

import discord
from discord import ui

from bot.core.i18n import _
from bot.drafts.items import DraftActions
from bot.drafts.models import Draft
from bot.ui.access import Modal
from bot.ui.errors import answering_errors
from bot.ui.modals import negative_input, prompt_input


class RewordModal(Modal):
    """Modal that edits a draft's prompt and negative prompt."""

    def __init__(self, draft: Draft, controller: DraftActions) -> None:
        super().__init__(title=_("Edit prompt"))
        self._draft_id = draft.id
        self._controller = controller
        self.prompt = prompt_input(draft.parameters.prompt)
        self.negative_prompt = negative_input(draft.parameters.negative_prompt)
        self.add_item(ui.Label(text=_("What the region shall show"), component=self.prompt))
        self.add_item(ui.Label(text=_("What it shall not show"), component=self.negative_prompt))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Replace the draft's prompts; errors are shown to the member."""
        async with answering_errors(interaction):
            words = (self.prompt.value, self.negative_prompt.value)
            await self._controller.reword(interaction, self._draft_id, *words)


class SayModal(Modal):
    """Modal that asks for a draft's region, in words or as an uploaded mask."""

    def __init__(self, draft: Draft, controller: DraftActions) -> None:
        super().__init__(title=_("What shall be repainted?"))
        self._draft_id = draft.id
        self._controller = controller
        self.words: ui.TextInput[Any] = ui.TextInput(
            custom_id="words",
            placeholder="left, subject, background, the red car, not the dog",
            max_length=100,
            required=False,
        )
        self.mask: ui.FileUpload[Any] = ui.FileUpload(custom_id="mask", required=False, max_values=1)
        self.add_item(ui.Label(text=_("A place, or a thing in the picture"), component=self.words))
        self.add_item(ui.Label(text=_("Or a mask"), description=_("White is repainted"), component=self.mask))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Set the draft's region; errors are shown to the member."""
        async with answering_errors(interaction):
            mask = next(iter(self.mask.values), None)
            await self._controller.say(interaction, self._draft_id, self.words.value, mask)
