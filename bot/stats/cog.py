"""Command /stats: pictures by day, of the server or of the member."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial

from discord import app_commands
from discord.ext import commands

from bot.core.i18n import N_
from bot.platform.audiences import viewer_of
from bot.stats.plot import draw_activity
from bot.stats.store import ActivityStore
from bot.stats.views import stats_card
from bot.ui.host import Interaction
from bot.ui.interactions import gallery_of

SERVER, OWN = "server", "own"
WHOSE_CHOICES = [
    app_commands.Choice(name=N_("everybody here"), value=SERVER),
    app_commands.Choice(name=N_("yourself"), value=OWN),
]
DAYS_CHOICES = [
    app_commands.Choice(name=N_("the last 30 days"), value=30),
    app_commands.Choice(name=N_("the last 90 days"), value=90),
]


class Stats(commands.Cog):
    """Cog of the /stats command."""

    def __init__(self, activity: ActivityStore, clock: Callable[[], datetime]) -> None:
        self._activity = activity
        self._clock = clock

    @app_commands.command(name="stats", description="How many pictures were made here, day by day")
    @app_commands.describe(whose="Whose pictures", days="Of how many days")
    @app_commands.choices(whose=WHOSE_CHOICES)
    @app_commands.choices(days=DAYS_CHOICES)
    async def stats(self, interaction: Interaction, whose: str = SERVER, days: int = 30) -> None:
        """Send the statistics as an ephemeral message, with a plot if there are pictures."""
        await interaction.response.defer(thinking=True, ephemeral=True)
        user_id = interaction.user.id if whose == OWN else 0
        viewer, today = viewer_of(interaction), self._clock().date()
        activity = await self._activity.activity(gallery_of(interaction), today, days, viewer, user_id)
        plot = None
        if activity.members:
            plot = await asyncio.to_thread(partial(draw_activity, activity, with_members=not user_id))
        await interaction.edit_original_response(**stats_card(activity, plot, user_id).as_edit())
