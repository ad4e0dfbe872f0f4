"""Command /info: a member's figures, the jobs and pictures left to them, and the loaded model."""

from discord import app_commands
from discord.ext import commands

from bot.creations.lineage_store import LineageStore
from bot.jobs.service import JobService
from bot.platform.audiences import viewer_of
from bot.studio.info_views import info_card
from bot.ui.host import Interaction
from bot.ui.interactions import asker_of, gallery_of
from engine.api.client import Engine


class Info(commands.Cog):
    """Cog of the /info command."""

    def __init__(self, lineage: LineageStore, jobs: JobService, engine: Engine) -> None:
        self._lineage = lineage
        self._jobs = jobs
        self._engine = engine

    @app_commands.command(name="info", description="What you have made here, and what paints")
    async def info(self, interaction: Interaction) -> None:
        """Send the member's figures and the state of the engine as an ephemeral message."""
        guild_id, user_id = gallery_of(interaction), interaction.user.id
        stats = await self._lineage.use(guild_id, user_id, viewer_of(interaction))
        allowance = await self._jobs.room(user_id, guild_id)
        today = await self._jobs.limits.today(user_id, guild_id, asker_of(interaction))
        card = info_card(stats, allowance, today, self._engine.state)
        await interaction.response.send_message(view=card.view, ephemeral=True)
