"""Handlers of the buttons and modals of critiques."""

from collections.abc import Collection

import discord

from bot.core.i18n import _
from bot.critiques.models import NewCritique
from bot.critiques.service import CritiqueService
from bot.critiques.views import CritiqueModal, critiques_card
from bot.platform.audiences import viewer_of
from bot.ui.host import Interaction
from bot.ui.interactions import gallery_of


class Critiques:
    """Answers the interactions of critiques; the rules are in `CritiqueService`."""

    def __init__(self, desk: CritiqueService) -> None:
        self._desk = desk

    async def ask(self, interaction: Interaction, creation_id: int) -> None:
        """Open the critique modal, prefilled with the member's earlier critique of the picture."""
        before = await self._desk.before(gallery_of(interaction), creation_id, viewer_of(interaction))
        await interaction.response.send_modal(CritiqueModal(before, self))

    async def write(self, interaction: Interaction, new: NewCritique) -> None:
        """Store a critique; notify the picture's maker of the first version, not of later changes."""
        is_first = await self._desk.write(gallery_of(interaction), new, viewer_of(interaction))
        text = _("Thank you; your critique stands under Details.") if is_first else _("Your critique is changed.")
        await interaction.response.send_message(text, ephemeral=True)
        if is_first:
            await self._desk.tell(gallery_of(interaction), new, viewer_of(interaction))

    async def counts(self, creation_ids: Collection[int]) -> dict[int, int]:
        """Return the number of critiques by creation id, without the pictures that have none."""
        return await self._desk.counts(creation_ids)

    async def show(self, interaction: Interaction, creation_id: int) -> None:
        """Send the newest critiques of a picture as an ephemeral message."""
        await interaction.response.send_message(view=await self._view(interaction, creation_id, 0), ephemeral=True)

    async def turn(self, interaction: Interaction, creation_id: int, page: int) -> None:
        """Show another page of critiques in the same message."""
        await interaction.response.edit_message(view=await self._view(interaction, creation_id, page))

    async def act(self, interaction: Interaction, creation_id: int, critic_id: int, page: int, action: str) -> None:
        """Toggle the helpful mark of a critique, or remove the critique, and update the message."""
        critique = (gallery_of(interaction), creation_id, critic_id, viewer_of(interaction))
        if action == "helpful":
            await self._desk.toggle_helpful(*critique)
        else:
            await self._desk.remove(*critique, moderator=interaction.permissions.manage_messages)
            page = 0
        await interaction.response.edit_message(view=await self._view(interaction, creation_id, page))

    async def _view(self, interaction: Interaction, creation_id: int, page: int) -> discord.ui.LayoutView:
        viewer = viewer_of(interaction)
        creation, critiques, has_older = await self._desk.page(gallery_of(interaction), creation_id, page, viewer)
        moderator = interaction.permissions.manage_messages
        return critiques_card(creation, critiques, page, viewer.user_id, has_older=has_older, moderator=moderator).view
