"""The Cancel button on the card of a waiting or running job."""

from typing import Any

import discord
from discord import ui

from bot.core.i18n import _
from bot.ui.dynamic_items import PersistentItem


class CancelButton(PersistentItem, ui.DynamicItem[ui.Button[Any]], template=r"job:(?P<job_id>\d+):cancel"):
    """Button that cancels a waiting or running job; its custom id holds the job id, so it works after a restart."""

    def __init__(self, job_id: int) -> None:
        self.job_id = job_id
        super().__init__(
            ui.Button(label=_("Cancel"), style=discord.ButtonStyle.secondary, custom_id=f"job:{job_id}:cancel")
        )

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Cancel the job for its owner or a moderator; the card is edited once the job has stopped."""
        await interaction.response.defer()
        moderator = interaction.permissions.manage_messages
        await interaction.client.jobs.cancel(self.job_id, interaction.user.id, moderator=moderator)
