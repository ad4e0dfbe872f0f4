"""A member's settings, and the buttons that change them."""

import re
from typing import Any, Self

import discord
from discord import ui

from bot.records import Preferences
from bot.views.cards import WORKING, Card
from bot.views.refusals import answering_errors


class PreviewToggle(ui.DynamicItem[ui.Button[Any]], template="settings:preview"):
    """Turns the look ahead on or off for whoever presses it."""

    def __init__(self, preview: bool = True) -> None:
        style = discord.ButtonStyle.success if preview else discord.ButtonStyle.secondary
        super().__init__(ui.Button(label="On" if preview else "Off", style=style, custom_id="settings:preview"))

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """See discord.ui.DynamicItem."""
        return cls()

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Change it."""
        async with answering_errors(interaction):
            await interaction.client.personal_settings.toggle_preview(interaction)


def settings_card(preferences: Preferences) -> Card:
    """Show what a member has chosen."""
    preview = ui.Section[Any](
        ui.TextDisplay(
            "**Look ahead**\nSee the region over your picture before anything is painted. "
            "Off: what you hand in with a mask or a region is painted at once."
        ),
        accessory=PreviewToggle(preferences.preview),
    )
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(ui.TextDisplay("## Your settings"), preview, accent_colour=WORKING))
    return Card(view)
