"""The line of jobs, and a member's own in it."""

from typing import Any, Protocol

import discord
from discord import ui

from bot.core.i18n import _, ngettext
from bot.jobs.cancel_button import CancelButton
from bot.jobs.models import QueueStatus
from bot.ui.cards import WORKING, Card, card
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction
from bot.ui.text import prompt_title

SHOWN = 8


class OwnJobs(Protocol):
    """A member's jobs in the queue: `bot.jobs.service.JobService`."""

    async def cancel_all(self, user_id: int) -> None:
        """Cancel all jobs of a member."""
        ...

    async def line(self, user_id: int) -> QueueStatus:
        """Return the state of the queue as a member sees it."""
        ...


class CancelAllButton(PersistentItem[OwnJobs], ui.DynamicItem[ui.Button[Any]], template="jobs:cancel"):
    """Cancels all jobs of whoever presses it."""

    def __init__(self) -> None:
        super().__init__(
            ui.Button(label=_("Cancel all of mine"), style=discord.ButtonStyle.danger, custom_id=self.custom_id_for())
        )

    async def pressed(self, interaction: Interaction, controller: OwnJobs) -> None:
        """Cancel them; their cards change when they have stopped."""
        await interaction.response.defer()
        await controller.cancel_all(interaction.user.id)
        line = await controller.line(interaction.user.id)
        await interaction.edit_original_response(view=line_card(line).view)


def line_card(line: QueueStatus) -> Card:
    """Show how long the line is, and a member's own jobs with what is left to wait for each."""
    everybody = _("{running} painted at the moment, {waiting} waiting.", running=line.running, waiting=line.waiting)
    if line.run_seconds:
        everybody += " " + _("One takes about {seconds} s.", seconds=f"{line.run_seconds:.0f}")
    parts: list[ui.Item[Any] | str] = ["## " + _("The line") + "\n" + everybody]
    for job, place in line.own[:SHOWN]:
        text = ui.TextDisplay(f"{prompt_title(job.parameters.prompt[:100])}\n{_wait(line, place)}")
        parts.append(ui.Section[Any](text, accessory=CancelButton(job.id)))
    if len(line.own) > SHOWN:
        parts.append(
            "-# " + ngettext("and {count} more of yours", "and {count} more of yours", count=len(line.own) - SHOWN)
        )
    if line.own:
        parts.append(ui.ActionRow[Any](CancelAllButton()))
    else:
        parts.append(_("You have no job in it."))
    return card(WORKING, *parts)


def _wait(line: QueueStatus, place: int) -> str:
    if not place:
        return _("being painted")
    return _("place {place}, about {seconds} s to wait", place=place, seconds=f"{line.seconds_until(place):.0f}")
