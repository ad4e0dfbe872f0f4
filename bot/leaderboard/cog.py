"""/leaderboard: who was liked, remixed and helpful, season by season."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.leaderboard.models import Board, Season, ranked
from bot.leaderboard.store import LeaderboardStore
from bot.leaderboard.views import leaderboard_card
from bot.platform.audiences import viewer_of
from bot.ui.interactions import guild_of

Interaction = discord.Interaction[Any]


class Leaderboards(commands.Cog):
    """One card, with all boards and seasons of the server."""

    def __init__(self, leaderboard: LeaderboardStore, clock: Callable[[], datetime]) -> None:
        self._leaderboard = leaderboard
        self._clock = clock

    @app_commands.command(name="leaderboard", description="Whose pictures are liked and remixed, and whose words help")
    async def leaderboard(self, interaction: Interaction) -> None:
        """Show this season's makers to the member alone, because their own place is on it."""
        await interaction.response.defer(thinking=True, ephemeral=True)
        view = await self._view(interaction, Board.MAKERS, Season.of(self._clock()))
        await interaction.edit_original_response(view=view)

    async def turn(self, interaction: Interaction, board: Board, season: Season) -> None:
        """Show another board, or another season, in the same card."""
        await interaction.response.defer()
        await interaction.edit_original_response(view=await self._view(interaction, board, season))

    async def _view(self, interaction: Interaction, board: Board, season: Season) -> discord.ui.LayoutView:
        guild_id, viewer = guild_of(interaction).id, viewer_of(interaction)
        points = await self._leaderboard.points(guild_id, board, season, viewer)
        return leaderboard_card(board, season, ranked(points), interaction.user.id, self._clock()).view
