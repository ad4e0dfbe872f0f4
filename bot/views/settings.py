"""A member's settings, and the buttons that change them."""

from typing import Any

import discord
from discord import ui

from bot.records import Preferences
from bot.views.lasting import Lasting
from bot.views.layout import WORKING, Card, card


class PreviewToggle(Lasting, ui.DynamicItem[ui.Button[Any]], template="settings:preview"):
    """Turns the look ahead on or off for whoever presses it."""

    def __init__(self, preview: bool = True) -> None:
        style = discord.ButtonStyle.success if preview else discord.ButtonStyle.secondary
        super().__init__(ui.Button(label="On" if preview else "Off", style=style, custom_id="settings:preview"))

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Change it."""
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
    return card(WORKING, "## Your settings", preview)
