"""The pictures that a server's moderators keep out, and letting one of them back in."""

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

# A select has 25 options.
LISTED = 25


class KeptOutActions(Protocol):
    """Lets pictures back in: `bot.moderation.cog.Moderation`."""

    async def let_in(self, interaction: Interaction, number: int) -> None:
        """Let a picture back in, by its number in the list."""
        ...


class LetInSelect(PersistentItem[KeptOutActions], ui.DynamicItem[ui.Select[Any]], template="let-in"):
    """Lets the picture that is chosen back in."""

    def __init__(self, kept_out: Sequence[KeptOut] = ()) -> None:
        placeholder = _("Let one back in")
        options = [
            discord.SelectOption(label=_("Number {number}", number=each.id), value=str(each.id)) for each in kept_out
        ]
        # Discord takes no list without options; one that answers a press has none of its own.
        options = options or [discord.SelectOption(label=placeholder)]
        super().__init__(ui.Select(custom_id=self.custom_id_for(), placeholder=placeholder, options=options))

    async def pressed(self, interaction: Interaction, controller: KeptOutActions) -> None:
        """Let it in."""
        await controller.let_in(interaction, int(self.item.values[0]))


def kept_out_card(kept_out: Sequence[KeptOut]) -> Card:
    """Show the newest of the pictures that are kept out."""
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
