"""The Cancel button on the card of a waiting or running job."""

from typing import Any, Protocol

import discord
from discord import ui

from bot.core.i18n import _
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction


class JobCancellation(Protocol):
    """Cancels jobs: `bot.jobs.service.JobService`."""

    async def cancel(self, job_id: int, user_id: int, *, moderator: bool) -> None:
        """Cancel a job for its member or a moderator."""
        ...


class CancelButton(
    PersistentItem[JobCancellation], ui.DynamicItem[ui.Button[Any]], template=r"job:(?P<job_id>\d+):cancel"
):
    """Button that cancels a waiting or running job; its custom id holds the job id, so it works after a restart."""

    def __init__(self, job_id: int) -> None:
        self.job_id = job_id
        super().__init__(
            ui.Button(
                label=_("Cancel"), style=discord.ButtonStyle.secondary, custom_id=self.custom_id_for(job_id=job_id)
            )
        )

    async def pressed(self, interaction: Interaction, controller: JobCancellation) -> None:
        """Cancel the job for its owner or a moderator; the card is edited once the job has stopped."""
        await interaction.response.defer()
        moderator = interaction.permissions.manage_messages
        await controller.cancel(self.job_id, interaction.user.id, moderator=moderator)
