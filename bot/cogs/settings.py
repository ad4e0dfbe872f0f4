"""/settings: how a member likes it."""

from dataclasses import replace
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.gallery.members import MemberStore
from bot.views.settings import settings_card


class PersonalSettings(commands.Cog):
    """A member's own settings."""

    def __init__(self, members: MemberStore) -> None:
        self._members = members

    @app_commands.command(name="settings", description="How you like it")
    async def settings(self, interaction: discord.Interaction[Any]) -> None:
        """Show the settings to the member alone."""
        preferences = await self._members.preferences(interaction.user.id)
        await interaction.response.send_message(view=settings_card(preferences).view, ephemeral=True)

    async def toggle_preview(self, interaction: discord.Interaction[Any]) -> None:
        """Turn the look ahead on or off."""
        before = await self._members.preferences(interaction.user.id)
        now = replace(before, preview=not before.preview)
        await self._members.prefer(interaction.user.id, now)
        await interaction.response.edit_message(view=settings_card(now).view)
