"""Asking moderators to look again."""

from typing import Any

import discord
from discord import ui

from bot.core.i18n import _
from bot.ui.dynamic_items import PersistentItem


class AppealButton(PersistentItem, ui.DynamicItem[ui.Button[Any]], template=r"appeal:(?P<creation_id>\d+)"):
    """Lets a picture's maker say why the decision is wrong; they may be blocked by now."""

    for_blocked = True

    def __init__(self, creation_id: int, number: int = 0) -> None:
        self.creation_id = creation_id
        label = _("Appeal {number}", number=number) if number else _("Appeal")
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=f"appeal:{creation_id}"))

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Ask why."""
        await interaction.client.cases.ask_appeal(interaction, self.creation_id)
