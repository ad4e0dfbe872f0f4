"""The /privacy commands: export and deletion of a member's data."""

import io

import discord
from discord import app_commands
from discord.ext import commands

from bot.core.i18n import _
from bot.privacy.service import PrivacyService
from bot.privacy.views import forget_card, forgotten_card
from bot.ui.host import Interaction


class Privacy(commands.GroupCog, group_name="privacy", group_description="What I keep of you"):
    """The /privacy commands, which blocked members may use, too; all answers are ephemeral."""

    def __init__(self, desk: PrivacyService) -> None:
        super().__init__()
        self._desk = desk

    @app_commands.command(name="export", description="Everything that I keep of you, as a file")
    async def export(self, interaction: Interaction) -> None:
        """Send the export, split into several zip files if one would exceed the upload limit."""
        await interaction.response.defer(thinking=True, ephemeral=True)
        parts = await self._desk.export(interaction.user.id, interaction.filesize_limit)
        await interaction.edit_original_response(content=_("This is everything that I keep of you."))
        for number, part in enumerate(parts, 1):
            file = discord.File(io.BytesIO(part), f"atelier-{number}.zip")
            await interaction.followup.send(file=file, ephemeral=True)

    @app_commands.command(name="delete", description="Delete everything that I keep of you, after asking")
    async def delete(self, interaction: Interaction) -> None:
        """Ask the member to confirm the deletion."""
        await interaction.response.send_message(view=forget_card().view, ephemeral=True)

    async def forget(self, interaction: Interaction) -> None:
        """Delete everything about the member after confirmation, and report leftover messages and blocks."""
        await interaction.response.defer()
        forgotten = await self._desk.forget(interaction.user.id)
        await interaction.edit_original_response(view=forgotten_card(forgotten.messages, forgotten.is_blocked).view)
