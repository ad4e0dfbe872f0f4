"""The Cancel button of a job's card."""

import re
from typing import Any, Self

import discord
from discord import ui

from bot.views.refusals import answering_errors


class CancelButton(ui.DynamicItem[ui.Button[Any]], template=r"job:(?P<id>\d+):cancel"):
    """Cancels a job while it waits or runs; carries the job's id, so it works after a restart too."""

    def __init__(self, job_id: int) -> None:
        self.job_id = job_id
        super().__init__(
            ui.Button(label="Cancel", style=discord.ButtonStyle.secondary, custom_id=f"job:{job_id}:cancel")
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """See discord.ui.DynamicItem."""
        return cls(int(match["id"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Cancel the job for its owner or a moderator; the card changes when it has stopped."""
        async with answering_errors(interaction):
            await interaction.response.defer()
            moderator = interaction.permissions.manage_messages
            await interaction.client.jobs.cancel(self.job_id, interaction.user.id, moderator=moderator)
