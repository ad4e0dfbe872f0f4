"""What the buttons under a result do."""

from typing import Any

import discord

from bot.cogs.answers import placed
from bot.jobs.studio import Studio


class Results:
    """Hands in what members press under results; the answer shows the new job."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    async def go_on(self, interaction: discord.Interaction[Any], creation_id: int, action: str) -> None:
        """Go on from a picture; `action` is a name in `bot.jobs.studio.Studio`."""
        place = await placed(interaction)
        await self._studio.go_on(interaction.user.id, place, creation_id, action)

    async def reroll(self, interaction: discord.Interaction[Any], job_id: int) -> None:
        """Do a job once more."""
        place = await placed(interaction)
        await self._studio.reroll(interaction.user.id, place, job_id)
