"""/queue: the state of the queue, and the member's own jobs in it."""

from discord import app_commands
from discord.ext import commands

from bot.jobs.queue_views import line_card
from bot.jobs.service import JobService
from bot.ui.host import Interaction


class Queue(commands.Cog):
    """Cog of the /queue command."""

    def __init__(self, jobs: JobService) -> None:
        self._jobs = jobs

    @app_commands.command(name="queue", description="How long the line is, and your own jobs in it")
    async def queue(self, interaction: Interaction) -> None:
        """Send the state of the queue as an ephemeral message."""
        card = line_card(await self._jobs.line(interaction.user.id))
        await interaction.response.send_message(view=card.view, ephemeral=True)
