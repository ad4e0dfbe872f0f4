"""The cards of settings: a member's own, and the server's for members who manage it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import discord
from discord import ui

from bot.core.i18n import N_, _, ngettext
from bot.prompting.parameters import ASPECTS
from bot.settings.models import STAR, Defaults, GuildSettings, Preferences, WebAccess
from bot.ui.cards import WORKING, Card, card
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction
from bot.ui.interactions import ChosenChannel

# Discord rejects an empty option value.
NOTHING = "-"
OPTIONS = 25
JOBS = (1, 2, 3, 5, 10, 20)
LIKES = (1, 2, 3, 5, 8, 12, 20)
WEB = {
    WebAccess.OFF: N_("nobody"),
    WebAccess.MEMBERS: N_("members"),
    WebAccess.PUBLIC: N_("everybody"),
}
EMOJIS = (STAR, "❤️", "🔥", "👍", "😍", "🎨", "🏆", "✨")


@dataclass(frozen=True, slots=True)
class Choosable:
    """The models and the names of styles offered in the selects."""

    models: Sequence[str]
    styles: Sequence[str]


class SettingActions(Protocol):
    """Changes settings: `bot.panels.cog.SettingsPanels`."""

    async def toggle(self, interaction: Interaction, name: str) -> None:
        """Turn one of a member's settings on or off."""
        ...

    async def choose(self, interaction: Interaction, scope: str, name: str, value: str) -> None:
        """Set a setting of the member ("me") or of the server."""
        ...

    async def choose_emojis(self, interaction: Interaction, emojis: tuple[str, ...]) -> None:
        """Set the reactions that count in the server."""
        ...

    async def choose_channel(self, interaction: Interaction, name: str, channel: ChosenChannel | None) -> None:
        """Set the channel of the showcase or of the digest."""
        ...

    async def show_server(self, interaction: Interaction) -> None:
        """Show the settings of the server."""
        ...

    async def show_limits(self, interaction: Interaction) -> None:
        """Show the limits of the server."""
        ...


class SafetyPage(Protocol):
    """Shows the safety page: `bot.panels.safety_controller.SafetyPanel`."""

    async def show(self, interaction: Interaction) -> None:
        """Show the safety settings of the server."""
        ...


class SettingToggle(
    PersistentItem[SettingActions],
    ui.DynamicItem[ui.Button[Any]],
    template="settings:(?P<name>preview|ask_first|no_remix|web|critiques)",
):
    """Button that toggles one setting of the member who presses it."""

    def __init__(self, name: str, is_on: bool = True) -> None:
        self.name = name
        style = discord.ButtonStyle.success if is_on else discord.ButtonStyle.secondary
        super().__init__(
            ui.Button(label=_("On") if is_on else _("Off"), style=style, custom_id=self.custom_id_for(name=name))
        )

    async def pressed(self, interaction: Interaction, controller: SettingActions) -> None:
        """Toggle the setting, and redraw the card."""
        await controller.toggle(interaction, self.name)


class SettingSelect(
    PersistentItem[SettingActions],
    ui.DynamicItem[ui.Select[Any]],
    template="choose:(?P<scope>me|all):(?P<name>model|aspect|count|style|jobs_a_member|showcase_from|web"
    "|pictures_a_day|pictures_a_server|cooldown|member_days)",
):
    """Select for one setting of the member who uses it (`scope` "me") or of the server ("all").

    If `values` maps values to labels, one of them has to be chosen; for a sequence, "no choice" is offered first.
    """

    def __init__(
        self,
        scope: str,
        name: str,
        title: str = "",
        values: Sequence[str] | Mapping[str, str] = (),
        chosen: str = "",
    ) -> None:
        self.scope = scope
        self.name = name
        if not isinstance(values, Mapping):
            values = {NOTHING: _no_choice(scope), **{value: value for value in values}}
        options = [
            discord.SelectOption(label=f"{title}: {label}"[:100], value=value, default=value == chosen)
            for value, label in islice(values.items(), OPTIONS)
        ]
        super().__init__(
            ui.Select(custom_id=self.custom_id_for(scope=scope, name=name), placeholder=title or None, options=options)
        )

    async def pressed(self, interaction: Interaction, controller: SettingActions) -> None:
        """Store the chosen value."""
        value = self.item.values[0]
        await controller.choose(interaction, self.scope, self.name, "" if value == NOTHING else value)


class ServerButton(PersistentItem[SettingActions], ui.DynamicItem[ui.Button[Any]], template="settings:server"):
    """Button that shows the server's settings to members who manage it."""

    def __init__(self) -> None:
        super().__init__(ui.Button(label=_("The server's settings"), custom_id=self.custom_id_for()))

    async def pressed(self, interaction: Interaction, controller: SettingActions) -> None:
        """Show the server's settings, ephemerally."""
        await controller.show_server(interaction)


class SafetyButton(PersistentItem[SafetyPage], ui.DynamicItem[ui.Button[Any]], template="settings:safety"):
    """Button that shows the server's safety rules and moderators' channel to members who manage it."""

    def __init__(self) -> None:
        super().__init__(ui.Button(label=_("What passes here, and moderation"), custom_id=self.custom_id_for()))

    async def pressed(self, interaction: Interaction, controller: SafetyPage) -> None:
        """Show the safety rules, ephemerally."""
        await controller.show(interaction)


class LimitsButton(PersistentItem[SettingActions], ui.DynamicItem[ui.Button[Any]], template="settings:limits"):
    """Button that shows the server's limits to members who manage it; see `bot.panels.limits_views`."""

    def __init__(self) -> None:
        super().__init__(ui.Button(label=_("Limits"), custom_id=self.custom_id_for()))

    async def pressed(self, interaction: Interaction, controller: SettingActions) -> None:
        """Show the limits, ephemerally."""
        await controller.show_limits(interaction)


class EmojiSelect(PersistentItem[SettingActions], ui.DynamicItem[ui.Select[Any]], template="choose:emojis"):
    """Select for the emojis that count as likes."""

    def __init__(self, chosen: Sequence[str] = ()) -> None:
        options = [discord.SelectOption(label=emoji, value=emoji, default=emoji in chosen) for emoji in EMOJIS]
        super().__init__(
            ui.Select(
                custom_id=self.custom_id_for(),
                placeholder=_("Reactions that count"),
                max_values=len(EMOJIS),
                options=options,
            )
        )

    async def pressed(self, interaction: Interaction, controller: SettingActions) -> None:
        """Store the chosen emojis."""
        await controller.choose_emojis(interaction, tuple(self.item.values))


def text_channel_select(custom_id: str, placeholder: str, channel_id: int) -> ui.ChannelSelect[Any]:
    """Return a select of one text channel or none; `channel_id` is the channel selected now, 0 for none."""
    chosen = [discord.SelectDefaultValue(id=channel_id, type=discord.SelectDefaultValueType.channel)]
    return ui.ChannelSelect(
        custom_id=custom_id,
        placeholder=placeholder,
        channel_types=[discord.ChannelType.text],
        min_values=0,
        default_values=chosen if channel_id else [],
    )


class PostsSelect(
    PersistentItem[SettingActions], ui.DynamicItem[ui.ChannelSelect[Any]], template="choose:(?P<name>showcase|digest)"
):
    """Select for the channel of the showcase or of the weekly digest (`name`)."""

    def __init__(self, name: str, channel_id: int = 0) -> None:
        self.name = name
        placeholder = _("No showcase channel") if name == "showcase" else _("No weekly digest")
        super().__init__(text_channel_select(self.custom_id_for(name=name), placeholder, channel_id))

    async def pressed(self, interaction: Interaction, controller: SettingActions) -> None:
        """Store the chosen channel, or none."""
        channel = next(iter(self.item.values), None)
        await controller.choose_channel(interaction, self.name, channel)


def settings_card(preferences: Preferences, choosable: Choosable, *, manager: bool) -> Card:
    """Return the card with a member's own settings; `manager` adds the button to the server's."""
    preview = ui.Section[Any](
        ui.TextDisplay(
            _(
                "**Look ahead**\nSee the region over your picture before anything is painted. "
                "Off: what you hand in with a mask or a region is painted at once."
            )
        ),
        accessory=SettingToggle("preview", preferences.preview),
    )
    ask_first = ui.Section[Any](
        ui.TextDisplay(_("**Ask me before remixing**\nOthers ask you before they go on from a picture of yours.")),
        accessory=SettingToggle("ask_first", preferences.ask_first),
    )
    no_remix = ui.Section[Any](
        ui.TextDisplay(_("**Nobody may remix**\nOthers can't go on from a picture of yours at all.")),
        accessory=SettingToggle("no_remix", preferences.no_remix),
    )
    shown_on_web = ui.Section[Any](
        ui.TextDisplay(_("**On the web**\nYour pictures may be in the server's gallery outside Discord.")),
        accessory=SettingToggle("web", preferences.web),
    )
    critiques = ui.Section[Any](
        ui.TextDisplay(
            _("**Tell me of critiques**\nWhat others write of your pictures comes to you by direct message.")
        ),
        accessory=SettingToggle("critiques", preferences.critiques),
    )
    toggles = (preview, ask_first, no_remix, shown_on_web, critiques)
    rows = _selects("me", preferences, choosable)
    server = [ui.ActionRow[Any](ServerButton())] if manager else []
    title = "## " + _("Your settings")
    return card(WORKING, title, *toggles, _("**Where you say nothing else**"), *rows, *server)


def server_card(settings: GuildSettings, choosable: Choosable, most: int) -> Card:
    """Return the card with a server's settings. `most` is the installation's limit of queued jobs a member."""
    counts = [str(count) for count in JOBS if count <= most]
    chosen = str(settings.jobs_a_member) if settings.jobs_a_member else ""
    emojis = EmojiSelect(settings.emojis)
    showcase = PostsSelect("showcase", settings.showcase_channel_id)
    digest = PostsSelect("digest", settings.digest_channel_id)
    least = SettingSelect(
        "all", "showcase_from", _("Showcase from"), [str(n) for n in LIKES], str(settings.showcase_from)
    )
    jobs = SettingSelect("all", "jobs_a_member", _("Jobs of a member in line"), counts, chosen)
    text = ngettext(
        "**Where members choose nothing**\n-# A member may have {count} job in line where you choose no fewer.",
        "**Where members choose nothing**\n-# A member may have {count} jobs in line where you choose no fewer.",
        count=most,
    )
    web = SettingSelect(
        "all", "web", _("Gallery on the web for"), {key: _(name) for key, name in WEB.items()}, settings.web
    )
    rows = _selects("all", settings, choosable)
    shared = [ui.ActionRow[Any](select) for select in (jobs, emojis)]
    shown = _("**Showcase**\n-# Where what many like is shown.")
    weekly = _("**Weekly digest**\n-# Where the best of the week is posted, on Mondays at 9:00 UTC.")
    posts = (shown, ui.ActionRow[Any](showcase), ui.ActionRow[Any](least), weekly, ui.ActionRow[Any](digest))
    on_the_web = _(
        "**On the web**\n-# `/gallery web` leads there. What is made in age-restricted channels is never shown, and to "
        "everybody only what is made where all members may look."
    )
    pages = (on_the_web, ui.ActionRow[Any](web))
    more = ui.ActionRow[Any](LimitsButton(), SafetyButton())
    return card(WORKING, "## " + _("The server's settings"), text, *rows, *shared, *posts, *pages, more)


def _selects(scope: str, chosen: Defaults, choosable: Choosable) -> list[ui.ActionRow[Any]]:
    selects = [
        SettingSelect(scope, "aspect", _("Aspect"), ASPECTS, chosen.aspect),
        SettingSelect(scope, "count", _("Pictures"), ["1", "2", "3", "4"], str(chosen.count)),
    ]
    if choosable.styles:
        selects.append(SettingSelect(scope, "style", _("Style"), choosable.styles, chosen.style))
    if len(choosable.models) > 1:
        selects.append(SettingSelect(scope, "model", _("Model"), choosable.models, chosen.model))
    return [ui.ActionRow[Any](select) for select in selects]


def _no_choice(scope: str) -> str:
    return _("no choice of mine") if scope == "me" else _("no choice of the server")
