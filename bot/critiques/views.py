"""Cards, buttons and the modal of critiques."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import discord
from discord import ui

from bot.core.i18n import N_, _, ngettext
from bot.creations.models import Creation
from bot.critiques.models import LONGEST, Critique, NewCritique
from bot.jobs.result_views import PictureActionButton
from bot.ui.access import Modal
from bot.ui.cards import WORKING, Card, card
from bot.ui.dynamic_items import PersistentItem
from bot.ui.errors import answering_errors
from bot.ui.host import Interaction
from bot.ui.text import escaped

# Critiques on one page. Escaping can double the length of their text, and a message may have 4,000 characters.
SHOWN = 3
ACTIONS = {"helpful": N_("Helpful"), "remove": N_("Remove")}


class CritiqueActions(Protocol):
    """Shows critiques and acts on them: `bot.critiques.controller.Critiques`."""

    async def write(self, interaction: Interaction, new: NewCritique) -> None:
        """Store the critique of a member."""
        ...

    async def turn(self, interaction: Interaction, creation_id: int, page: int) -> None:
        """Show another page of the critiques of a picture."""
        ...

    async def act(self, interaction: Interaction, creation_id: int, critic_id: int, page: int, action: str) -> None:
        """Mark a critique as helpful, or remove it."""
        ...


class CritiqueModal(Modal):
    """Modal that asks for a critique, prefilled with the member's earlier one."""

    def __init__(self, before: NewCritique, controller: CritiqueActions) -> None:
        self._controller = controller
        super().__init__(title=_("Critique of picture {number}", number=before.creation_id))
        self._creation_id = before.creation_id
        self.works = _input("works", before.works)
        self.better = _input("better", before.better)
        self.add_item(ui.Label(text=_("What works"), component=self.works))
        self.add_item(ui.Label(text=_("What could be better"), component=self.better))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Store the critique; see `bot.critiques.controller.Critiques.write`."""
        async with answering_errors(interaction):
            new = NewCritique(self._creation_id, interaction.user.id, self.works.value, self.better.value)
            await self._controller.write(interaction, new)


class CritiquesButton(
    PersistentItem[CritiqueActions],
    ui.DynamicItem[ui.Button[Any]],
    template=r"critiques:(?P<creation_id>\d+):(?P<page>\d+)",
):
    """Button that shows another page of a picture's critiques."""

    def __init__(self, creation_id: int, page: int, label: str = "") -> None:
        self.creation_id, self.page = creation_id, page
        super().__init__(ui.Button(label=label, custom_id=self.custom_id_for(creation_id=creation_id, page=page)))

    async def pressed(self, interaction: Interaction, controller: CritiqueActions) -> None:
        """Show the button's page in the same message."""
        await controller.turn(interaction, self.creation_id, self.page)


class CritiqueButton(
    PersistentItem[CritiqueActions],
    ui.DynamicItem[ui.Button[Any]],
    template=r"critique:(?P<creation_id>\d+):(?P<user_id>\d+):(?P<page>\d+):(?P<action>helpful|remove)",
):
    """Button that marks a critique as helpful or removes it."""

    def __init__(self, creation_id: int, user_id: int, page: int, action: str, is_on: bool = False) -> None:
        self.creation_id, self.user_id, self.page, self.action = creation_id, user_id, page, action
        style = discord.ButtonStyle.success if is_on else discord.ButtonStyle.secondary
        custom_id = self.custom_id_for(creation_id=creation_id, user_id=user_id, page=page, action=action)
        super().__init__(ui.Button(label=_(ACTIONS[action]), style=style, custom_id=custom_id))

    async def pressed(self, interaction: Interaction, controller: CritiqueActions) -> None:
        """Toggle the helpful mark or remove the critique, and update the message."""
        await controller.act(interaction, self.creation_id, self.user_id, self.page, self.action)


def critiques_card(
    creation: Creation, critiques: Sequence[Critique], page: int, viewer_id: int, *, has_older: bool, moderator: bool
) -> Card:
    """Build a page of a picture's critiques with the buttons that the viewer may use.

    `page` counts from 0; `has_older` means that another page follows.
    """
    title = "## " + _("Critiques of picture {number}", number=creation.id)
    parts: list[ui.Item[Any] | str] = [title]
    if not critiques:
        parts.append(_("Nobody has said anything of it."))
    for each in critiques:
        when = discord.utils.format_dt(each.created_at, "R")
        helpful = " · " + _("helpful") if each.is_helpful else ""
        parts.append(f"<@{each.user_id}> · {when}{helpful}\n{_text_of(each)}")
        key = (creation.id, each.user_id, page)
        buttons = [CritiqueButton(*key, "helpful", each.is_helpful)] if viewer_id == creation.user_id else []
        buttons += [CritiqueButton(*key, "remove")] if moderator or viewer_id == each.user_id else []
        if buttons:
            parts.append(ui.ActionRow[Any](*buttons))
    last_row: list[ui.Item[Any]] = (
        [] if viewer_id == creation.user_id else [PictureActionButton(creation.id, "critique", _("Write a critique"))]
    )
    last_row += [CritiquesButton(creation.id, page - 1, "◀")] if page else []
    last_row += [CritiquesButton(creation.id, page + 1, "▶")] if has_older else []
    return card(WORKING, *parts, *([ui.ActionRow[Any](*last_row)] if last_row else []))


def told_card(creation: Creation, critique: NewCritique) -> Card:
    """Build the direct message that notifies a picture's maker of a critique."""
    credit = _(
        "{member} has written a critique of [your picture {number}]({link}).",
        member=f"<@{critique.user_id}>",
        number=creation.id,
        link=creation.link,
    )
    return card(WORKING, credit, _text_of(critique), "-# " + _("`/settings` is where you turn these messages off."))


def counted_row(counts: Mapping[int, int]) -> ui.ActionRow[Any]:
    """Return a row of buttons that open the critiques of pictures; `counts` maps creation ids to their numbers."""
    return ui.ActionRow[Any](
        *(
            PictureActionButton(
                creation_id,
                "critiques",
                ngettext(
                    "{count} critique of picture {number}",
                    "{count} critiques of picture {number}",
                    count=count,
                    number=creation_id,
                ),
            )
            for creation_id, count in counts.items()
        )
    )


def _text_of(critique: NewCritique) -> str:
    parts = ((_("**Works:**"), critique.works), (_("**Could be better:**"), critique.better))
    return "\n".join(f"{title} {escaped(text)}" for title, text in parts if text)


def _input(name: str, text: str) -> ui.TextInput[Any]:
    style = discord.TextStyle.paragraph
    return ui.TextInput(custom_id=name, style=style, default=text or None, max_length=LONGEST, required=False)
