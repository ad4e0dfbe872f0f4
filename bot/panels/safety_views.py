"""The card with a server's safety rules, for members who manage the server."""

from typing import Any, Protocol

import discord
from discord import ui

from bot.core.i18n import N_, _
from bot.core.safety_levels import Handling, Level
from bot.panels.settings_views import text_channel_select
from bot.settings.models import GuildSettings
from bot.ui.cards import WORKING, Card, card
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction
from bot.ui.interactions import ChosenChannel

LEVELS = {
    Level.STRICT: N_("strict: only what is surely harmless"),
    Level.USUAL: N_("usual: nothing that is likely not safe for work"),
    Level.LENIENT: N_("lenient: all but what is surely not safe for work"),
    Level.OFF: N_("off: everything"),
}
HANDLINGS = {
    Handling.HOLD: N_("held back until a moderator lets it"),
    Handling.SPOILER: N_("shown as a spoiler"),
    Handling.BLOCK: N_("not shown at all"),
}
DAYS = {
    "0": N_("for ever"),
    "30": N_("for 30 days"),
    "90": N_("for 90 days"),
    "180": N_("for 180 days"),
    "365": N_("for a year"),
}
TITLES = {
    "safety": N_("Passes"),
    "safety_restricted": N_("Passes in age-restricted channels"),
    "handling": N_("The rest is"),
    "keep_days": N_("Pictures that are nobody's favourite are kept"),
}
CHOICES = {"safety": LEVELS, "safety_restricted": LEVELS, "handling": HANDLINGS, "keep_days": DAYS}


class SafetyActions(Protocol):
    """Changes a server's safety settings: `bot.panels.safety_controller.SafetyPanel`."""

    async def choose(self, interaction: Interaction, name: str, value: str) -> None:
        """Set one of the safety settings."""
        ...

    async def choose_channel(self, interaction: Interaction, channel: ChosenChannel | None) -> None:
        """Set the moderators' channel, or none."""
        ...


class SafetySelect(
    PersistentItem[SafetyActions],
    ui.DynamicItem[ui.Select[Any]],
    template="safety:(?P<name>safety|safety_restricted|handling|keep_days)",
):
    """Select for one of the server's safety rules."""

    def __init__(self, name: str, chosen: str = "") -> None:
        self.name = name
        options = [
            discord.SelectOption(label=f"{_(TITLES[name])}: {_(text)}"[:100], value=str(value), default=value == chosen)
            for value, text in CHOICES[name].items()
        ]
        super().__init__(ui.Select(custom_id=self.custom_id_for(name=name), options=options))

    async def pressed(self, interaction: Interaction, controller: SafetyActions) -> None:
        """Store the chosen value."""
        await controller.choose(interaction, self.name, self.item.values[0])


class CasesChannelSelect(PersistentItem[SafetyActions], ui.DynamicItem[ui.ChannelSelect[Any]], template="choose:cases"):
    """Select for the moderators' channel, where the cards of cases are posted."""

    def __init__(self, channel_id: int = 0) -> None:
        super().__init__(text_channel_select(self.custom_id_for(), _("No moderators' channel"), channel_id))

    async def pressed(self, interaction: Interaction, controller: SafetyActions) -> None:
        """Store the chosen channel, or none."""
        await controller.choose_channel(interaction, next(iter(self.item.values), None))


def safety_card(settings: GuildSettings) -> Card:
    """Return the card with a server's safety rules, moderators' channel and retention."""
    rules = [SafetySelect(name, str(getattr(settings, name))) for name in ("safety", "safety_restricted", "handling")]
    return card(
        WORKING,
        "## " + _("What passes here"),
        _("Every picture that comes in or goes out is looked at by a classifier. It errs now and then."),
        *(ui.ActionRow[Any](rule) for rule in rules),
        _(
            "**Moderation**\n"
            "-# Reports, appeals and what is held back come to this channel; without one, to `/moderation log`."
        ),
        ui.ActionRow[Any](CasesChannelSelect(settings.cases_channel_id)),
        ui.ActionRow[Any](SafetySelect("keep_days", str(settings.keep_days))),
    )
