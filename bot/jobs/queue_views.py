"""The card of /queue: the state of the queue and the member's own jobs, with buttons to cancel them."""

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
    """Button that cancels all unfinished jobs of the member who presses it."""

    def __init__(self) -> None:
        super().__init__(
            ui.Button(label=_("Cancel all of mine"), style=discord.ButtonStyle.danger, custom_id=self.custom_id_for())
        )

    async def pressed(self, interaction: Interaction, controller: OwnJobs) -> None:
        """Cancel the member's jobs and redraw the list; the cards of running jobs are edited once they have stopped."""
        await interaction.response.defer()
        await controller.cancel_all(interaction.user.id)
        line = await controller.line(interaction.user.id)
        await interaction.edit_original_response(view=line_card(line).view)


def line_card(status: QueueStatus) -> Card:
    """Return a card with the queue's length and up to SHOWN of the member's jobs, each with its estimated wait."""
    summary = _("{running} painted at the moment, {waiting} waiting.", running=status.running, waiting=status.waiting)
    if status.run_seconds:
        summary += " " + _("One takes about {seconds} s.", seconds=f"{status.run_seconds:.0f}")
    parts: list[ui.Item[Any] | str] = ["## " + _("The line") + "\n" + summary]
    for job, position in status.own[:SHOWN]:
        text = ui.TextDisplay(f"{prompt_title(job.parameters.prompt[:100])}\n{_wait(status, position)}")
        parts.append(ui.Section[Any](text, accessory=CancelButton(job.id)))
    if len(status.own) > SHOWN:
        parts.append(
            "-# " + ngettext("and {count} more of yours", "and {count} more of yours", count=len(status.own) - SHOWN)
        )
    if status.own:
        parts.append(ui.ActionRow[Any](CancelAllButton()))
    else:
        parts.append(_("You have no job in it."))
    return card(WORKING, *parts)


def _wait(status: QueueStatus, position: int) -> str:
    if not position:
        return _("being painted")
    seconds = f"{status.seconds_until(position):.0f}"
    return _("place {place}, about {seconds} s to wait", place=position, seconds=seconds)
