"""The button with which the maker of a picture appeals against a moderator's decision."""

from typing import Any, Protocol

import discord
from discord import ui

from bot.core.i18n import _
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction


class Appeals(Protocol):
    """Takes appeals: `bot.moderation.controller.Cases`."""

    async def ask_appeal(self, interaction: Interaction, creation_id: int) -> None:
        """Ask the maker of a picture for their reason, in a modal."""
        ...


class AppealButton(PersistentItem[Appeals], ui.DynamicItem[ui.Button[Any]], template=r"appeal:(?P<creation_id>\d+)"):
    """Button that asks a picture's maker why the decision is wrong; blocked members may press it too."""

    for_blocked = True

    def __init__(self, creation_id: int, number: int = 0) -> None:
        self.creation_id = creation_id
        label = _("Appeal {number}", number=number) if number else _("Appeal")
        super().__init__(
            ui.Button(
                label=label, style=discord.ButtonStyle.secondary, custom_id=self.custom_id_for(creation_id=creation_id)
            )
        )

    async def pressed(self, interaction: Interaction, controller: Appeals) -> None:
        """Open the appeal for the picture; see `bot.moderation`."""
        await controller.ask_appeal(interaction, self.creation_id)
