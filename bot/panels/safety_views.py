"""The panel of what passes in a server, for those who manage it."""

from typing import Any

import discord
from discord import ui

from bot.core.i18n import later, say
from bot.core.safety_levels import Handling, Level
from bot.settings.models import GuildSettings
from bot.ui.cards import WORKING, Card, card
from bot.ui.dynamic_items import Lasting

LEVELS = {
    Level.STRICT: later("strict: only what is surely harmless"),
    Level.USUAL: later("usual: nothing that is likely not safe for work"),
    Level.LENIENT: later("lenient: all but what is surely not safe for work"),
    Level.OFF: later("off: everything"),
}
HANDLINGS = {
    Handling.HOLD: later("held back until a moderator lets it"),
    Handling.SPOILER: later("shown as a spoiler"),
    Handling.BLOCK: later("not shown at all"),
}
DAYS = {
    "0": later("for ever"),
    "30": later("for 30 days"),
    "90": later("for 90 days"),
    "180": later("for 180 days"),
    "365": later("for a year"),
}
TITLES = {
    "safety": later("Passes"),
    "safety_restricted": later("Passes in age-restricted channels"),
    "handling": later("The rest is"),
    "keep_days": later("Pictures that are nobody's favourite are kept"),
}
CHOICES = {"safety": LEVELS, "safety_restricted": LEVELS, "handling": HANDLINGS, "keep_days": DAYS}


class SafetySelect(
    Lasting, ui.DynamicItem[ui.Select[Any]], template="safety:(?P<name>safety|safety_restricted|handling|keep_days)"
):
    """Chooses one of the server's rules."""

    def __init__(self, name: str, chosen: str = "") -> None:
        self.name = name
        options = [
            discord.SelectOption(
                label=f"{say(TITLES[name])}: {say(text)}"[:100], value=str(value), default=value == chosen
            )
            for value, text in CHOICES[name].items()
        ]
        super().__init__(ui.Select(custom_id=f"safety:{name}", options=options))

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Take it."""
        await interaction.client.safety_panel.choose(interaction, self.name, self.item.values[0])


class CasesChannelSelect(Lasting, ui.DynamicItem[ui.ChannelSelect[Any]], template="choose:cases"):
    """Chooses the channel in which moderators decide."""

    def __init__(self, channel_id: int = 0) -> None:
        chosen = [discord.SelectDefaultValue(id=channel_id, type=discord.SelectDefaultValueType.channel)]
        super().__init__(
            ui.ChannelSelect(
                custom_id="choose:cases",
                placeholder=say("No moderators' channel"),
                channel_types=[discord.ChannelType.text],
                min_values=0,
                default_values=chosen if channel_id else [],
            )
        )

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Take it."""
        await interaction.client.safety_panel.choose_channel(interaction, next(iter(self.item.values), None))


def safety_card(settings: GuildSettings) -> Card:
    """Show what those who manage a server have chosen."""
    rules = [SafetySelect(name, str(getattr(settings, name))) for name in ("safety", "safety_restricted", "handling")]
    return card(
        WORKING,
        "## " + say("What passes here"),
        say("Every picture that comes in or goes out is looked at by a classifier. It errs now and then."),
        *(ui.ActionRow[Any](rule) for rule in rules),
        say(
            "**Moderation**\n"
            "-# Reports, appeals and what is held back come to this channel; without one, to `/moderation log`."
        ),
        ui.ActionRow[Any](CasesChannelSelect(settings.cases_channel_id)),
        ui.ActionRow[Any](SafetySelect("keep_days", str(settings.keep_days))),
    )
