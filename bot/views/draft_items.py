"""What one can press on a draft's card; each item carries the draft's id, so it works after a restart too."""

import re
from typing import Any, Self

import discord
from discord import ui

from bot.shapes import GRID
from bot.views.refusals import answering_errors

Interaction = discord.Interaction[Any]


class DraftButton(ui.DynamicItem[ui.Button[Any]], template=r"draft:(?P<id>\d+):(?P<action>[a-z]+)"):
    """Does one thing with a draft: `action` is a name in `bot.cogs.drafts`."""

    def __init__(
        self,
        draft_id: int,
        action: str,
        label: str = "",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        disabled: bool = False,
    ) -> None:
        self.draft_id = draft_id
        self.action = action
        super().__init__(ui.Button(label=label, style=style, disabled=disabled, custom_id=f"draft:{draft_id}:{action}"))

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:
        """See discord.ui.DynamicItem."""
        return cls(int(match["id"]), match["action"])

    async def callback(self, interaction: Interaction) -> None:
        """Do it."""
        async with answering_errors(interaction):
            await interaction.client.draft_cards.press(interaction, self.draft_id, self.action)


class CellsSelect(ui.DynamicItem[ui.Select[Any]], template=r"cells:(?P<id>\d+)"):
    """Takes any of the grid's cells as the region."""

    def __init__(self, draft_id: int) -> None:
        self.draft_id = draft_id
        super().__init__(
            ui.Select(
                custom_id=f"cells:{draft_id}",
                placeholder="Cells to repaint",
                max_values=GRID * GRID,
                options=_cells("Cell"),
            )
        )

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:
        """See discord.ui.DynamicItem."""
        return cls(int(match["id"]))

    async def callback(self, interaction: Interaction) -> None:
        """Take them."""
        async with answering_errors(interaction):
            await interaction.client.draft_cards.pick_cells(interaction, self.draft_id, _chosen(self))


class ThingSelect(ui.DynamicItem[ui.Select[Any]], template=r"thing:(?P<id>\d+)"):
    """Takes what lies at one of the grid's cells as the region."""

    def __init__(self, draft_id: int) -> None:
        self.draft_id = draft_id
        super().__init__(
            ui.Select(custom_id=f"thing:{draft_id}", placeholder="The thing in …", options=_cells("The thing in cell"))
        )

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:
        """See discord.ui.DynamicItem."""
        return cls(int(match["id"]))

    async def callback(self, interaction: Interaction) -> None:
        """Look for it."""
        async with answering_errors(interaction):
            [cell] = _chosen(self)
            await interaction.client.draft_cards.pick_thing(interaction, self.draft_id, cell)


def _cells(word: str) -> list[discord.SelectOption]:
    return [discord.SelectOption(label=f"{word} {cell}", value=str(cell)) for cell in range(1, GRID * GRID + 1)]


def _chosen(select: ui.DynamicItem[ui.Select[Any]]) -> list[int]:
    return [int(value) for value in select.item.values]
