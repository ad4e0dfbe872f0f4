"""Saying what one thinks of a picture, and reading what others do."""

from collections.abc import Collection
from typing import Any

import discord

from bot.core.i18n import _
from bot.critiques.models import NewCritique
from bot.critiques.service import CritiqueService
from bot.critiques.views import CritiqueModal, critiques_card
from bot.platform.audiences import viewer_of
from bot.ui.interactions import gallery_of

Interaction = discord.Interaction[Any]


class Critiques:
    """Asks and shows; the rules are the desk's."""

    def __init__(self, desk: CritiqueService) -> None:
        self._desk = desk

    async def ask(self, interaction: Interaction, creation_id: int) -> None:
        """Ask what a member has to say of a picture."""
        before = await self._desk.before(gallery_of(interaction), creation_id, viewer_of(interaction))
        await interaction.response.send_modal(CritiqueModal(before))

    async def write(self, interaction: Interaction, new: NewCritique) -> None:
        """Take what a member says; the picture's maker is told once, not of every change."""
        is_first = await self._desk.write(gallery_of(interaction), new, viewer_of(interaction))
        text = _("Thank you; your critique stands under Details.") if is_first else _("Your critique is changed.")
        await interaction.response.send_message(text, ephemeral=True)
        if is_first:
            await self._desk.tell(gallery_of(interaction), new, viewer_of(interaction))

    async def counts(self, creation_ids: Collection[int]) -> dict[int, int]:
        """Return how many critiques there are of each picture that has one."""
        return await self._desk.counts(creation_ids)

    async def show(self, interaction: Interaction, creation_id: int) -> None:
        """Show the newest of what is said of a picture, to whoever asks alone."""
        await interaction.response.send_message(view=await self._view(interaction, creation_id, 0), ephemeral=True)

    async def turn(self, interaction: Interaction, creation_id: int, page: int) -> None:
        """Show another page of it in the same card."""
        await interaction.response.edit_message(view=await self._view(interaction, creation_id, page))

    async def act(self, interaction: Interaction, creation_id: int, critic_id: int, page: int, action: str) -> None:
        """Do what a button under a critique is for."""
        place = (gallery_of(interaction), creation_id, critic_id, viewer_of(interaction))
        if action == "helpful":
            await self._desk.toggle_helpful(*place)
        else:
            await self._desk.remove(*place, moderator=interaction.permissions.manage_messages)
            page = 0
        await interaction.response.edit_message(view=await self._view(interaction, creation_id, page))

    async def _view(self, interaction: Interaction, creation_id: int, page: int) -> discord.ui.LayoutView:
        viewer = viewer_of(interaction)
        creation, critiques, has_older = await self._desk.page(gallery_of(interaction), creation_id, page, viewer)
        moderator = interaction.permissions.manage_messages
        return critiques_card(creation, critiques, page, viewer.user_id, has_older=has_older, moderator=moderator).view
