"""/show: a picture of the gallery once more."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.studio.picture_actions import Results


class Show(commands.Cog):
    """Bringing a picture back."""

    def __init__(self, results: Results) -> None:
        self._results = results

    @app_commands.command(name="show", description="Show a picture of this server's gallery once more")
    @app_commands.describe(number="The picture's number, which its details and its file's name tell")
    async def show(self, interaction: discord.Interaction[Any], number: app_commands.Range[int, 1]) -> None:
        """Show the picture to everyone, with all that one can do with it."""
        await self._results.show(interaction, number, ephemeral=False)
