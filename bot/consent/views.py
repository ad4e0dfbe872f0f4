"""The card of a permission request, its buttons, and the card of the answer."""

from typing import Any, Protocol

import discord
from discord import ui

from bot.core.i18n import N_, _
from bot.creations.models import Creation
from bot.ui.cards import DONE, REFUSED, WORKING, Card, card
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction

ANSWERS = {"allow": N_("Allow"), "refuse": N_("Refuse")}


class PermitActions(Protocol):
    """Takes the answers of makers: `bot.consent.controller.Permits`."""

    async def answer(self, interaction: Interaction, creation_id: int, user_id: int, *, is_allowed: bool) -> None:
        """Store the maker's answer to a member's request."""
        ...


class PermitButton(
    PersistentItem[PermitActions],
    ui.DynamicItem[ui.Button[Any]],
    template=r"permit:(?P<creation_id>\d+):(?P<user_id>\d+):(?P<answer>allow|refuse)",
):
    """Button with which a picture's maker allows or refuses a request; its custom id names picture and requester."""

    def __init__(self, creation_id: int, user_id: int, answer: str) -> None:
        self.creation_id = creation_id
        self.user_id = user_id
        self.answer = answer
        style = discord.ButtonStyle.success if answer == "allow" else discord.ButtonStyle.secondary
        custom_id = self.custom_id_for(creation_id=creation_id, user_id=user_id, answer=answer)
        super().__init__(ui.Button(label=_(ANSWERS[answer]), style=style, custom_id=custom_id))

    async def pressed(self, interaction: Interaction, controller: PermitActions) -> None:
        """Store the answer; members other than the picture's maker get an error."""
        is_allowed = self.answer == "allow"
        await controller.answer(interaction, self.creation_id, self.user_id, is_allowed=is_allowed)


def permit_card(creation: Creation, user_id: int) -> Card:
    """Return the card that asks a picture's maker for permission, with buttons to allow and to refuse."""
    text = _(
        "{maker}, {member} would like to go on from your picture {number}.",
        maker=f"<@{creation.user_id}>",
        member=f"<@{user_id}>",
        number=creation.id,
    )
    buttons = (PermitButton(creation.id, user_id, answer) for answer in ANSWERS)
    return card(WORKING, text, ui.ActionRow[Any](*buttons))


def permitted_card(creation: Creation, user_id: int, *, is_allowed: bool) -> Card:
    """Return the card that replaces the request once the maker has answered."""
    maker = f"<@{creation.user_id}>"
    if not is_allowed:
        return card(REFUSED, _("{maker} keeps picture {number} as it is.", maker=maker, number=creation.id))
    text = _(
        "{member} may go on from picture {number} by {maker}; press again.",
        member=f"<@{user_id}>",
        number=creation.id,
        maker=maker,
    )
    return card(DONE, text)
