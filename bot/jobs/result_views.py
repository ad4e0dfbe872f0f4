"""Buttons and selects under a result. Each custom id holds a creation or job id, so the items work after a restart."""

from collections.abc import Sequence
from typing import Any, Protocol

import discord
from discord import ui

from bot.core.i18n import N_, _
from bot.creations.models import Creation
from bot.jobs.models import Job
from bot.ui.cards import REFUSED, WORKING, Card, Upload, card, gallery
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction

# Labels of the actions on one picture, by the action's name in `bot.studio.picture_actions.Results`.
GO_ON = {
    "remix": N_("Remix"),
    "region": N_("Vary region"),
    "subtle": N_("Vary (subtle)"),
    "strong": N_("Vary (strong)"),
    "zoom": N_("Zoom out 1.5 ×"),
    "double": N_("Zoom out 2 ×"),
    "custom": N_("Zoom out …"),
    "left": N_("Pan left"),
    "right": N_("Pan right"),
    "up": N_("Pan up"),
    "down": N_("Pan down"),
    "square": N_("Make square"),
    "enlarge": N_("Enlarge"),
    "style": N_("Style from this"),
    "favourite": N_("Favourite"),
    "critique": N_("Critique"),
    "challenge": N_("Enter a challenge"),
    "details": N_("Details"),
    "alike": N_("Pictures like this"),
    "send": N_("Send to me"),
    "report": N_("Report"),
    "remove": N_("Delete"),
}


class PictureActions(Protocol):
    """Actions on the pictures of a result: `bot.studio.picture_actions.Results`."""

    async def go_on(self, interaction: Interaction, creation_id: int, action: str) -> None:
        """Perform an action of `GO_ON` on a picture."""
        ...

    async def show(self, interaction: Interaction, creation_id: int) -> None:
        """Show one picture with its actions."""
        ...

    async def remove(self, interaction: Interaction, creation_id: int) -> None:
        """Remove a picture."""
        ...

    async def keep_out(self, interaction: Interaction, creation_id: int) -> None:
        """Remove a picture, and keep copies of it out of the server."""
        ...

    async def reroll(self, interaction: Interaction, job_id: int) -> None:
        """Submit a job again, with other seeds."""
        ...


class PictureActionButton(
    PersistentItem[PictureActions],
    ui.DynamicItem[ui.Button[Any]],
    template=r"creation:(?P<creation_id>\d+):(?P<action>[a-z]+)",
):
    """Button that runs one action of `GO_ON` on a picture."""

    def __init__(self, creation_id: int, action: str, label: str = "") -> None:
        self.creation_id = creation_id
        self.action = action
        super().__init__(
            ui.Button(
                label=label,
                style=discord.ButtonStyle.secondary,
                custom_id=self.custom_id_for(creation_id=creation_id, action=action),
            )
        )

    async def pressed(self, interaction: Interaction, controller: PictureActions) -> None:
        """Run the button's action on the picture."""
        await controller.go_on(interaction, self.creation_id, self.action)


class PictureActionSelect(
    PersistentItem[PictureActions], ui.DynamicItem[ui.Select[Any]], template=r"more:(?P<creation_id>\d+)"
):
    """Select with all actions of `GO_ON` for one picture."""

    def __init__(self, creation_id: int) -> None:
        self.creation_id = creation_id
        super().__init__(
            ui.Select(
                custom_id=self.custom_id_for(creation_id=creation_id),
                placeholder=_("Go on from this picture …"),
                options=[discord.SelectOption(label=_(label), value=action) for action, label in GO_ON.items()],
            )
        )

    async def pressed(self, interaction: Interaction, controller: PictureActions) -> None:
        """Run the selected action on the picture."""
        await controller.go_on(interaction, self.creation_id, self.item.values[0])


class PictureSelect(PersistentItem[PictureActions]):
    """Mixin for a select whose values are the ids of creations: shows the chosen one with its actions."""

    item: ui.Select[Any]

    async def pressed(self, interaction: Interaction, controller: PictureActions) -> None:
        """Show the chosen picture to the member only."""
        await controller.show(interaction, int(self.item.values[0]))


class OneOfSelect(PictureSelect, ui.DynamicItem[ui.Select[Any]], template=r"one:(?P<job_id>\d+)"):
    """Select that shows one of a job's pictures alone, with all actions for it."""

    def __init__(self, job_id: int, creations: Sequence[Creation] = ()) -> None:
        super().__init__(
            ui.Select(
                custom_id=self.custom_id_for(job_id=job_id),
                placeholder=_("More with one of them …"),
                options=[
                    discord.SelectOption(label=_("Picture {number}", number=number), value=str(each.id))
                    for number, each in enumerate(creations, 1)
                ],
            )
        )


class RemoveButton(
    PersistentItem[PictureActions], ui.DynamicItem[ui.Button[Any]], template=r"remove:(?P<creation_id>\d+)"
):
    """Button that confirms the removal of a picture from the gallery; see `removal_card`."""

    def __init__(self, creation_id: int) -> None:
        self.creation_id = creation_id
        super().__init__(
            ui.Button(
                label=_("Delete it"),
                style=discord.ButtonStyle.danger,
                custom_id=self.custom_id_for(creation_id=creation_id),
            )
        )

    async def pressed(self, interaction: Interaction, controller: PictureActions) -> None:
        """Remove the picture from the gallery and its messages."""
        await controller.remove(interaction, self.creation_id)


class KeepOutButton(
    PersistentItem[PictureActions], ui.DynamicItem[ui.Button[Any]], template=r"keep-out:(?P<creation_id>\d+)"
):
    """Button for moderators that removes a picture and keeps copies of it out of the server."""

    def __init__(self, creation_id: int) -> None:
        self.creation_id = creation_id
        label, danger = _("Delete it and keep it out"), discord.ButtonStyle.danger
        super().__init__(ui.Button(label=label, style=danger, custom_id=self.custom_id_for(creation_id=creation_id)))

    async def pressed(self, interaction: Interaction, controller: PictureActions) -> None:
        """Remove the picture and keep copies of it out."""
        await controller.keep_out(interaction, self.creation_id)


class RerollButton(
    PersistentItem[PictureActions], ui.DynamicItem[ui.Button[Any]], template=r"job:(?P<job_id>\d+):reroll"
):
    """Button that submits a job again with other seeds."""

    def __init__(self, job_id: int) -> None:
        self.job_id = job_id
        super().__init__(
            ui.Button(
                label=_("Reroll"), style=discord.ButtonStyle.secondary, custom_id=self.custom_id_for(job_id=job_id)
            )
        )

    async def pressed(self, interaction: Interaction, controller: PictureActions) -> None:
        """Submit the job again with new seeds."""
        await controller.reroll(interaction, self.job_id)


def result_rows(job: Job, creations: Sequence[Creation]) -> list[ui.ActionRow[Any]]:
    """Return the rows of buttons under a job's pictures; with several pictures, U enlarges one and V varies one."""
    if len(creations) == 1:
        return [ui.ActionRow[Any](PictureActionSelect(creations[0].id)), ui.ActionRow[Any](RerollButton(job.id))]
    larger, varied = (
        [PictureActionButton(each.id, action, f"{letter}{number}") for number, each in enumerate(creations, 1)]
        for letter, action in (("U", "enlarge"), ("V", "subtle"))
    )
    return [
        ui.ActionRow[Any](*larger),
        ui.ActionRow[Any](*varied, RerollButton(job.id)),
        ui.ActionRow[Any](OneOfSelect(job.id, creations)),
    ]


def picture_options(creations: Sequence[Creation]) -> list[discord.SelectOption]:
    """Return options of a select that are labelled with the ids of pictures, and have them as values."""
    return [discord.SelectOption(label=_("Picture {number}", number=each.id), value=str(each.id)) for each in creations]


def creation_card(creation: Creation, file: Upload) -> Card:
    """Return a card with one picture and the select of all its actions."""
    return card(WORKING, gallery([file]), ui.ActionRow[Any](PictureActionSelect(creation.id)), files=(file,))


def removal_card(creation: Creation, *, may_keep_out: bool = False) -> Card:
    """Return a card that asks to confirm a removal; with `may_keep_out`, it also offers to keep copies out."""
    text = _(
        "Delete this picture from the gallery and from its message? It can't be undone. What others made from it stays."
    )
    kept_out = [KeepOutButton(creation.id)] if may_keep_out else []
    return card(REFUSED, text, ui.ActionRow[Any](RemoveButton(creation.id), *kept_out))
