"""The card with a server's limits and today's use, for members who manage the server."""

from typing import Any, Protocol

import discord
from discord import ui

from bot.core.i18n import N_, _
from bot.limits.models import ServerUse
from bot.panels.settings_views import SettingSelect
from bot.settings.models import GuildSettings
from bot.ui.cards import WORKING, Card, card
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction

PICTURES = (1, 2, 4, 8, 12, 20, 30, 40, 60, 80, 100, 150, 200)
SERVER_PICTURES = (50, 100, 200, 300, 500, 800, 1000, 1500, 2000, 3000, 5000)
SECONDS = (5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
DAYS = (1, 2, 3, 7, 14, 30)
# Discord's limit for the choices of a select.
MOST = 25
# One select each: field of `GuildSettings` to title and choices.
NUMBERS = {
    "pictures_a_day": (N_("Pictures of a member a day"), PICTURES),
    "pictures_a_server": (N_("Pictures of all a day"), SERVER_PICTURES),
    "cooldown": (N_("Seconds between a member's jobs"), SECONDS),
    "member_days": (N_("Days as a member before that"), DAYS),
}


class LimitActions(Protocol):
    """Sets a server's limits: `bot.panels.cog.SettingsPanels`."""

    async def choose_limit(self, interaction: Interaction, **values: Any) -> None:
        """Set limits, by the names of fields of `GuildSettings`."""
        ...

    async def ask_role_quota(self, interaction: Interaction, role: discord.Role) -> None:
        """Ask for the daily quota of a role, in a modal."""
        ...


class RolesSelect(PersistentItem[LimitActions], ui.DynamicItem[ui.RoleSelect[Any]], template="limits:roles"):
    """Select for the roles that may use the bot; none means every role."""

    def __init__(self, role_ids: tuple[int, ...] = ()) -> None:
        super().__init__(
            ui.RoleSelect(
                custom_id=self.custom_id_for(),
                placeholder=_("I paint for every role"),
                min_values=0,
                max_values=MOST,
                default_values=[discord.Object(role_id, type=discord.Role) for role_id in role_ids],
            )
        )

    async def pressed(self, interaction: Interaction, controller: LimitActions) -> None:
        """Store the chosen roles."""
        roles = tuple(role.id for role in self.item.values)
        await controller.choose_limit(interaction, roles=roles)


class ChannelsSelect(PersistentItem[LimitActions], ui.DynamicItem[ui.ChannelSelect[Any]], template="limits:channels"):
    """Select for the channels in which the bot may be used; none means every channel."""

    def __init__(self, channel_ids: tuple[int, ...] = ()) -> None:
        chosen = discord.SelectDefaultValueType.channel
        super().__init__(
            ui.ChannelSelect(
                custom_id=self.custom_id_for(),
                placeholder=_("I paint in every channel"),
                min_values=0,
                max_values=MOST,
                default_values=[discord.SelectDefaultValue(id=each, type=chosen) for each in channel_ids],
            )
        )

    async def pressed(self, interaction: Interaction, controller: LimitActions) -> None:
        """Store the chosen channels."""
        channels = tuple(channel.id for channel in self.item.values)
        await controller.choose_limit(interaction, channels=channels)


class RoleQuotaSelect(PersistentItem[LimitActions], ui.DynamicItem[ui.RoleSelect[Any]], template="limits:role"):
    """Select for a role that gets its quotas quota; the number is asked for in a modal."""

    def __init__(self) -> None:
        placeholder = _("Give a role its own pictures a day …")
        super().__init__(ui.RoleSelect(custom_id=self.custom_id_for(), placeholder=placeholder))

    async def pressed(self, interaction: Interaction, controller: LimitActions) -> None:
        """Open the modal for the role's quota."""
        await controller.ask_role_quota(interaction, self.item.values[0])


def limits_card(settings: GuildSettings, use: ServerUse) -> Card:
    """Return the card with a server's limits and the pictures made since midnight UTC."""
    used = _("**{count}** pictures since midnight UTC, when a day begins", count=use.pictures)
    if settings.pictures_a_server:
        used += " " + _("(of {quota})", quota=settings.pictures_a_server)
    if use.most:
        names = ", ".join(f"<@{user_id}> {pictures}" for user_id, pictures in use.most)
        used += "\n" + _("Most of them: {members}", members=names)
    note = _(
        "-# What fails or is cancelled counts for nothing. Who may manage messages is held to no limits; in direct "
        "messages there are none."
    )
    rows = [
        SettingSelect("all", name, _(title), [str(number) for number in numbers], str(getattr(settings, name)))
        for name, (title, numbers) in NUMBERS.items()
    ]
    quotas = ", ".join(f"<@&{role_id}> {pictures}" for role_id, pictures in settings.role_pictures)
    quota_texts = [_("Pictures a day by role: {roles}", roles=quotas)] if quotas else []
    selects = (*rows, RolesSelect(settings.roles), ChannelsSelect(settings.channels))
    return card(
        WORKING,
        "## " + _("The server's limits"),
        f"{used}\n{note}",
        *(ui.ActionRow[Any](select) for select in selects),
        *quota_texts,
        ui.ActionRow[Any](RoleQuotaSelect()),
    )
