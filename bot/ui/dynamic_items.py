"""What all buttons and lists have that outlive the bot."""

import re
from typing import Any, Self

import discord
from discord import ui

from bot.ui.access import AccessCheck
from bot.ui.errors import answering_errors


class PersistentItem(AccessCheck):
    """For a `discord.ui.DynamicItem`: made anew from what its template names, and its errors are answered.

    The groups of the template are arguments of the constructor; one of digits is an int.
    """

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """See discord.ui.DynamicItem."""
        return cls(**{name: int(text) if text.isdigit() else text for name, text in match.groupdict().items()})

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the item is for, and answer whatever goes wrong."""
        async with answering_errors(interaction):
            await self.pressed(interaction)

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the item is for."""
        raise NotImplementedError
