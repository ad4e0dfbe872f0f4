"""The list of the pictures that a server's moderators keep out, with a select to delete one from it."""

from collections.abc import Sequence
from typing import Any, Protocol

import discord
from discord import ui

from bot.core.i18n import _
from bot.kept_out.models import KeptOut
from bot.ui.cards import WORKING, Card, card, moment
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction
from bot.ui.text import mention

# Discord's limit of options in a select.
LISTED = 25


class KeptOutActions(Protocol):
    """Lets pictures back in: `bot.moderation.cog.Moderation`."""

    async def let_in(self, interaction: Interaction, number: int) -> None:
        """Let a picture back in, by its number in the list."""
        ...


class LetInSelect(PersistentItem[KeptOutActions], ui.DynamicItem[ui.Select[Any]], template="let-in"):
    """Select that deletes a picture from the list of kept-out ones."""

    def __init__(self, kept_out: Sequence[KeptOut] = ()) -> None:
        placeholder = _("Let one back in")
        options = [
            discord.SelectOption(label=_("Number {number}", number=each.id), value=str(each.id)) for each in kept_out
        ]
        # Discord refuses a select without options, and discord.py makes this item without arguments to handle a press.
        options = options or [discord.SelectOption(label=placeholder)]
        super().__init__(ui.Select(custom_id=self.custom_id_for(), placeholder=placeholder, options=options))

    async def pressed(self, interaction: Interaction, controller: KeptOutActions) -> None:
        """Delete the selected picture from the list."""
        await controller.let_in(interaction, int(self.item.values[0]))


def kept_out_card(kept_out: Sequence[KeptOut]) -> Card:
    """Return a card of the newest kept-out pictures, LISTED at most, with a select to delete one from the list."""
    title = "## " + _("Pictures that may not come back")
    if not kept_out:
        return card(WORKING, title, _("None yet. A moderator who removes a picture can keep it out."))
    shown = kept_out[:LISTED]
    lines = [
        _(
            "**{number}** · was picture {picture} · {when} by {member}",
            number=each.id,
            picture=each.creation_id,
            when=moment(each.created_at),
            member=mention(each.by),
        )
        for each in shown
    ]
    if len(kept_out) > len(shown):
        lines.append("-# " + _("{count} older ones are not shown.", count=len(kept_out) - len(shown)))
    return card(WORKING, title, "\n".join(lines), ui.ActionRow[Any](LetInSelect(shown)))
