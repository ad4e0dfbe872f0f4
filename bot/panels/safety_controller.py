"""What passes in a server: the panel, and what is pressed on it."""

from typing import Any

import discord
from discord import app_commands

from bot.core.safety_levels import Handling, Level
from bot.moderation.cases import CaseService
from bot.panels.safety_views import safety_card
from bot.settings.service import SettingsService
from bot.ui.interactions import check_manages, checked_channel, guild_of

Interaction = discord.Interaction[Any]

KINDS = {"safety": Level, "safety_restricted": Level, "handling": Handling, "keep_days": int}


class SafetyPanel:
    """For those who manage a server."""

    def __init__(self, settings: SettingsService, cases: CaseService) -> None:
        self._settings = settings
        self._cases = cases

    async def show(self, interaction: Interaction) -> None:
        """Show it to one of them alone."""
        check_manages(interaction)
        settings = await self._settings.of_guild(guild_of(interaction).id)
        await interaction.response.send_message(view=safety_card(settings).view, ephemeral=True)

    async def choose(self, interaction: Interaction, name: str, value: str) -> None:
        """Take one of the rules."""
        await self._choose(interaction, **{name: KINDS[name](value)})

    async def choose_channel(self, interaction: Interaction, channel: app_commands.AppCommandChannel | None) -> None:
        """Take the moderators' channel, or none. Raises UserError where I may not post there."""
        await self._choose(interaction, cases_channel_id=checked_channel(channel))
        # What is open comes there now.
        self._cases.changed()

    async def _choose(self, interaction: Interaction, **values: Any) -> None:
        check_manages(interaction)
        settings = await self._settings.choose(guild_of(interaction).id, **values)
        await interaction.response.edit_message(view=safety_card(settings).view)
