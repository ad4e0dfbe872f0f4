"""Command /leaderboard: rankings of members by season."""

from collections.abc import Callable
from datetime import datetime

import discord
from discord import app_commands
from discord.ext import commands

from bot.leaderboard.models import Board, Season, ranked
from bot.leaderboard.store import LeaderboardStore
from bot.leaderboard.views import leaderboard_card
from bot.platform.audiences import viewer_of
from bot.ui.host import Interaction
from bot.ui.interactions import guild_of


class Leaderboards(commands.Cog):
    """Cog of the /leaderboard command, whose card pages through boards and seasons."""

    def __init__(self, leaderboard: LeaderboardStore, clock: Callable[[], datetime]) -> None:
        self._leaderboard = leaderboard
        self._clock = clock

    @app_commands.command(name="leaderboard", description="Whose pictures are liked and remixed, and whose words help")
    async def leaderboard(self, interaction: Interaction) -> None:
        """Send this season's makers as an ephemeral message, because it contains the member's own place."""
        await interaction.response.defer(thinking=True, ephemeral=True)
        view = await self._view(interaction, Board.MAKERS, Season.of(self._clock()))
        await interaction.edit_original_response(view=view)

    async def turn(self, interaction: Interaction, board: Board, season: Season) -> None:
        """Show another board or season in the same message."""
        await interaction.response.defer()
        await interaction.edit_original_response(view=await self._view(interaction, board, season))

    async def _view(self, interaction: Interaction, board: Board, season: Season) -> discord.ui.LayoutView:
        guild_id, viewer = guild_of(interaction).id, viewer_of(interaction)
        points = await self._leaderboard.points(guild_id, board, season, viewer)
        return leaderboard_card(board, season, ranked(points), interaction.user.id, self._clock()).view
