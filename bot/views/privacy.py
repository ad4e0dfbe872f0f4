"""Asking before everything about a member is deleted."""

from typing import Any

import discord
from discord import ui

from bot.views.lasting import Lasting
from bot.views.layout import REFUSED, Card, card
from bot.words import say


class ForgetButton(Lasting, ui.DynamicItem[ui.Button[Any]], template="privacy:delete"):
    """Deletes everything about whoever presses it, also where they are blocked."""

    for_blocked = True

    def __init__(self) -> None:
        super().__init__(
            ui.Button(label=say("Delete everything"), style=discord.ButtonStyle.danger, custom_id="privacy:delete")
        )

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Do it."""
        await interaction.client.privacy.forget(interaction)


def forget_card() -> Card:
    """Ask a member whether everything shall be deleted."""
    text = say(
        "Delete everything about you, in all servers: pictures and what they were made from, prompts, settings, "
        "styles, favourites, votes and reports? It can't be undone. The results of challenges stay, without your "
        "name, and so does a block as long as it lasts."
    )
    return card(REFUSED, text, ui.ActionRow[Any](ForgetButton()))
