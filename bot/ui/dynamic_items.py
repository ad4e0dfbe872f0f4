"""Persistent items: buttons and selects that still work after a restart of the bot."""

import re
from typing import Any, Generic, Self, TypeVar

import discord
from discord import ui

from bot.ui.access import AccessCheck
from bot.ui.errors import answering_errors
from bot.ui.host import Interaction

Controller = TypeVar("Controller")

_GROUP = re.compile(r"\(\?P<(\w+)>[^()]*\)")


class PersistentItem(AccessCheck, Generic[Controller]):
    """Mixin for a `discord.ui.DynamicItem` that is recreated from its custom id and replies to errors.

    The named groups of the template are passed to the constructor; a group of digits as an int.
    """

    @classmethod
    def custom_id_for(cls, **values: object) -> str:
        """Return the item's template with its named groups replaced by values."""
        template: re.Pattern[str] = cls.__discord_ui_compiled_template__  # pyright: ignore[reportAttributeAccessIssue]
        return _GROUP.sub(lambda group: str(values[group[1]]), template.pattern)

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Return the item for a custom id that matches its template; see `discord.ui.DynamicItem`."""
        return cls(**{name: int(text) if text.isdigit() else text for name, text in match.groupdict().items()})

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Call `pressed`, and reply to the member if it raises an error; called by discord.py."""
        async with answering_errors(interaction):
            await self.pressed(interaction, interaction.client.controllers[type(self)])

    async def pressed(self, interaction: Interaction, controller: Controller) -> None:
        """Handle a click or selection; each subclass implements it."""
        raise NotImplementedError
