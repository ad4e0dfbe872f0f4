"""The confirmation and the result of a deletion."""

from typing import Any, Protocol

import discord
from discord import ui

from bot.core.i18n import _
from bot.ui.cards import REFUSED, Card, card
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction
from bot.ui.text import left_card


class PrivacyActions(Protocol):
    """Deletes the data of members: `bot.privacy.cog.Privacy`."""

    async def forget(self, interaction: Interaction) -> None:
        """Delete all data of the member who presses."""
        ...


class ForgetButton(PersistentItem[PrivacyActions], ui.DynamicItem[ui.Button[Any]], template="privacy:delete"):
    """Button that deletes everything about the member who presses it; blocked members may use it, too."""

    for_blocked = True

    def __init__(self) -> None:
        super().__init__(
            ui.Button(label=_("Delete everything"), style=discord.ButtonStyle.danger, custom_id=self.custom_id_for())
        )

    async def pressed(self, interaction: Interaction, controller: PrivacyActions) -> None:
        """Delete everything about the member."""
        await controller.forget(interaction)


def forget_card() -> Card:
    """Return the card that asks a member to confirm the deletion."""
    text = _(
        "Delete everything about you, in all servers: pictures and what they were made from, prompts, settings, "
        "styles, favourites, votes and reports? It can't be undone. The results of challenges stay, without your "
        "name, and so does a block as long as it lasts."
    )
    backups = _("Backups that my owner has made before keep what they have.")
    return card(REFUSED, f"{text} {backups}", ui.ActionRow[Any](ForgetButton()))


def forgotten_card(messages: int, is_blocked: bool) -> Card:
    """Return the card with the result: `messages` have yet to be edited, and `is_blocked` is whether a block stays."""
    if messages:
        text = _(
            "Everything that I keep about you is deleted, but {count} of my messages could not be changed yet and may "
            "still show something of yours. I go on trying until that is gone, too.",
            count=messages,
        )
        return left_card(f"{text} {_('You are still blocked in a server.')}" if is_blocked else text)
    return left_card(
        _("Everything about you is deleted, but that you are blocked in a server.")
        if is_blocked
        else _("Everything about you is deleted.")
    )
