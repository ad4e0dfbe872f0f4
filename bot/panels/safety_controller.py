"""The controls of the card with a server's safety rules."""

from typing import Any

from bot.core.safety_levels import Handling, Level
from bot.moderation.cases import CaseService
from bot.panels.safety_views import safety_card
from bot.settings.service import SettingsService
from bot.ui.host import Interaction
from bot.ui.interactions import ChosenChannel, check_manages, checked_channel, guild_of

KINDS = {"safety": Level, "safety_restricted": Level, "handling": Handling, "keep_days": int}


class SafetyPanel:
    """Shows and stores a server's safety rules; every method raises NotAllowedError without Manage Server."""

    def __init__(self, settings: SettingsService, cases: CaseService) -> None:
        self._settings = settings
        self._cases = cases

    async def show(self, interaction: Interaction) -> None:
        """Show the card, ephemerally."""
        check_manages(interaction)
        settings = await self._settings.of_guild(guild_of(interaction).id)
        await interaction.response.send_message(view=safety_card(settings).view, ephemeral=True)

    async def choose(self, interaction: Interaction, name: str, value: str) -> None:
        """Store one rule, and redraw the card. `name` is a key of KINDS."""
        await self._choose(interaction, **{name: KINDS[name](value)})

    async def choose_channel(self, interaction: Interaction, channel: ChosenChannel | None) -> None:
        """Store the moderators' channel, or none. Raises UserError if the bot may not write in it."""
        await self._choose(interaction, cases_channel_id=checked_channel(channel))
        # Post the cards of open cases to the new channel.
        self._cases.changed()

    async def _choose(self, interaction: Interaction, **values: Any) -> None:
        check_manages(interaction)
        settings = await self._settings.choose(guild_of(interaction).id, **values)
        await interaction.response.edit_message(view=safety_card(settings).view)
