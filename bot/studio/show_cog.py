"""Command /show: post a picture of the gallery again."""

from discord import app_commands
from discord.ext import commands

from bot.studio.picture_actions import Results
from bot.ui.host import Interaction


class Show(commands.Cog):
    """Cog of the /show command."""

    def __init__(self, results: Results) -> None:
        self._results = results

    @app_commands.command(name="show", description="Show a picture of this server's gallery once more")
    @app_commands.describe(number="The picture's number, which its details and its file's name tell")
    async def show(self, interaction: Interaction, number: app_commands.Range[int, 1]) -> None:
        """Post the picture with its actions, visible to everyone in the channel."""
        await self._results.show(interaction, number, ephemeral=False)
