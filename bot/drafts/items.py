"""What one can press on a draft's card; each item carries the draft's id, so it works after a restart too."""

from typing import Any

import discord
from discord import ui

from bot.core.i18n import N_, _
from bot.imaging.mask_editing import GRID
from bot.ui.dynamic_items import PersistentItem

Interaction = discord.Interaction[Any]


class DraftButton(
    PersistentItem, ui.DynamicItem[ui.Button[Any]], template=r"draft:(?P<draft_id>\d+):(?P<action>[a-z]+)"
):
    """Does one thing with a draft: `action` is a name in `bot.drafts.controller`."""

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

    async def pressed(self, interaction: Interaction) -> None:
        """Do it."""
        await interaction.client.draft_cards.press(interaction, self.draft_id, self.action)


class CellsSelect(PersistentItem, ui.DynamicItem[ui.Select[Any]], template=r"cells:(?P<draft_id>\d+)"):
    """Takes any of the grid's cells as the region."""

    def __init__(self, draft_id: int) -> None:
        self.draft_id = draft_id
        super().__init__(
            ui.Select(
                custom_id=f"cells:{draft_id}",
                placeholder=_("Cells to repaint"),
                max_values=GRID * GRID,
                options=_cells(N_("Cell {number}")),
            )
        )

    async def pressed(self, interaction: Interaction) -> None:
        """Take them."""
        await interaction.client.draft_cards.pick_cells(interaction, self.draft_id, _chosen(self))


class ThingSelect(PersistentItem, ui.DynamicItem[ui.Select[Any]], template=r"thing:(?P<draft_id>\d+)"):
    """Takes what lies at one of the grid's cells as the region."""

    def __init__(self, draft_id: int) -> None:
        self.draft_id = draft_id
        super().__init__(
            ui.Select(
                custom_id=f"thing:{draft_id}",
                placeholder=_("The thing in …"),
                options=_cells(N_("The thing in cell {number}")),
            )
        )

    async def pressed(self, interaction: Interaction) -> None:
        """Look for it."""
        [cell] = _chosen(self)
        await interaction.client.draft_cards.pick_thing(interaction, self.draft_id, cell)


def _cells(label: str) -> list[discord.SelectOption]:
    return [discord.SelectOption(label=_(label, number=cell), value=str(cell)) for cell in range(1, GRID * GRID + 1)]


def _chosen(select: ui.DynamicItem[ui.Select[Any]]) -> list[int]:
    return [int(value) for value in select.item.values]
