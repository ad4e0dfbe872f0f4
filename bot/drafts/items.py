"""Buttons and selects of a draft's card. Each custom id holds the draft's id, so the items work after a restart."""

from typing import Any, Protocol

import discord
from discord import ui

from bot.core.i18n import N_, _
from bot.imaging.mask_editing import GRID
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction


class DraftActions(Protocol):
    """Acts on drafts: `bot.drafts.controller.DraftCards`."""

    async def press(self, interaction: Interaction, draft_id: int, action: str) -> None:
        """Perform the action of a button."""
        ...

    async def pick_cells(self, interaction: Interaction, draft_id: int, cells: list[int]) -> None:
        """Set the region to cells of the grid, counted from 1."""
        ...

    async def pick_thing(self, interaction: Interaction, draft_id: int, cell: int) -> None:
        """Set the region to the object in a cell of the grid."""
        ...

    async def reword(self, interaction: Interaction, draft_id: int, prompt: str, negative_prompt: str) -> None:
        """Replace the prompt and the negative prompt."""
        ...

    async def say(self, interaction: Interaction, draft_id: int, words: str, mask: discord.Attachment | None) -> None:
        """Set the region from words or an uploaded mask."""
        ...


class DraftButton(
    PersistentItem[DraftActions], ui.DynamicItem[ui.Button[Any]], template=r"draft:(?P<draft_id>\d+):(?P<action>[a-z]+)"
):
    """Button that runs one action on a draft; `action` is a name in `bot.drafts.controller.DraftCards`."""

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
        super().__init__(
            ui.Button(
                label=label,
                style=style,
                disabled=disabled,
                custom_id=self.custom_id_for(draft_id=draft_id, action=action),
            )
        )

    async def pressed(self, interaction: Interaction, controller: DraftActions) -> None:
        """Run the button's action on the draft."""
        await controller.press(interaction, self.draft_id, self.action)


class CellsSelect(PersistentItem[DraftActions], ui.DynamicItem[ui.Select[Any]], template=r"cells:(?P<draft_id>\d+)"):
    """Select of any number of the grid's cells as the region to repaint."""

    def __init__(self, draft_id: int) -> None:
        self.draft_id = draft_id
        super().__init__(
            ui.Select(
                custom_id=self.custom_id_for(draft_id=draft_id),
                placeholder=_("Cells to repaint"),
                max_values=GRID * GRID,
                options=_cell_options(N_("Cell {number}")),
            )
        )

    async def pressed(self, interaction: Interaction, controller: DraftActions) -> None:
        """Set the draft's region to the selected cells."""
        await controller.pick_cells(interaction, self.draft_id, _selected_cells(self))


class ThingSelect(PersistentItem[DraftActions], ui.DynamicItem[ui.Select[Any]], template=r"thing:(?P<draft_id>\d+)"):
    """Select of one of the grid's cells; the thing at its centre becomes the region."""

    def __init__(self, draft_id: int) -> None:
        self.draft_id = draft_id
        super().__init__(
            ui.Select(
                custom_id=self.custom_id_for(draft_id=draft_id),
                placeholder=_("The thing in …"),
                options=_cell_options(N_("The thing in cell {number}")),
            )
        )

    async def pressed(self, interaction: Interaction, controller: DraftActions) -> None:
        """Find the thing at the selected cell and set it as the draft's region."""
        [cell] = _selected_cells(self)
        await controller.pick_thing(interaction, self.draft_id, cell)


def _cell_options(label: str) -> list[discord.SelectOption]:
    return [discord.SelectOption(label=_(label, number=cell), value=str(cell)) for cell in range(1, GRID * GRID + 1)]


def _selected_cells(select: ui.DynamicItem[ui.Select[Any]]) -> list[int]:
    return [int(value) for value in select.item.values]
