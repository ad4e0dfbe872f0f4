"""The button with which the maker of a picture appeals against a moderator's decision."""

from typing import Any

import discord
from discord import ui

from bot.core.i18n import _
from bot.ui.dynamic_items import PersistentItem


class AppealButton(PersistentItem, ui.DynamicItem[ui.Button[Any]], template=r"appeal:(?P<creation_id>\d+)"):
    """Button that asks a picture's maker why the decision is wrong; blocked members may press it too."""

    for_blocked = True

    def __init__(self, creation_id: int, number: int = 0) -> None:
        self.creation_id = creation_id
        label = _("Appeal {number}", number=number) if number else _("Appeal")
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=f"appeal:{creation_id}"))

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Open the appeal for the picture; see `bot.moderation`."""
        await interaction.client.cases.ask_appeal(interaction, self.creation_id)
