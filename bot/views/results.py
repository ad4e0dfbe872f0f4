"""What one can press under a result; each item carries an id, so it works for ever and for everyone."""

import re
from collections.abc import Sequence
from typing import Any, Self

import discord
from discord import ui

from bot.records import Creation, Job
from bot.views.refusals import answering_errors

Interaction = discord.Interaction[Any]
# By the name in `bot.jobs.studio.Studio`.
GO_ON = {
    "subtle": "Vary (subtle)",
    "strong": "Vary (strong)",
    "zoom": "Zoom out",
    "left": "Pan left",
    "right": "Pan right",
    "up": "Pan up",
    "down": "Pan down",
    "square": "Make square",
}


class GoOnButton(ui.DynamicItem[ui.Button[Any]], template=r"creation:(?P<id>\d+):(?P<action>[a-z]+)"):
    """Goes on from one picture."""

    def __init__(self, creation_id: int, action: str, label: str = "") -> None:
        self.creation_id = creation_id
        self.action = action
        super().__init__(
            ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=f"creation:{creation_id}:{action}")
        )

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:
        """See discord.ui.DynamicItem."""
        return cls(int(match["id"]), match["action"])

    async def callback(self, interaction: Interaction) -> None:
        """Hand it in."""
        async with answering_errors(interaction):
            await interaction.client.results.go_on(interaction, self.creation_id, self.action)


class GoOnSelect(ui.DynamicItem[ui.Select[Any]], template=r"more:(?P<id>\d+)"):
    """Goes on from one picture, by a list."""

    def __init__(self, creation_id: int) -> None:
        self.creation_id = creation_id
        super().__init__(
            ui.Select(
                custom_id=f"more:{creation_id}",
                placeholder="Go on from this picture …",
                options=[discord.SelectOption(label=label, value=action) for action, label in GO_ON.items()],
            )
        )

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:
        """See discord.ui.DynamicItem."""
        return cls(int(match["id"]))

    async def callback(self, interaction: Interaction) -> None:
        """Hand it in."""
        async with answering_errors(interaction):
            await interaction.client.results.go_on(interaction, self.creation_id, self.item.values[0])


class RerollButton(ui.DynamicItem[ui.Button[Any]], template=r"job:(?P<id>\d+):reroll"):
    """Does a job once more, with other seeds."""

    def __init__(self, job_id: int) -> None:
        self.job_id = job_id
        super().__init__(
            ui.Button(label="Reroll", style=discord.ButtonStyle.secondary, custom_id=f"job:{job_id}:reroll")
        )

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:
        """See discord.ui.DynamicItem."""
        return cls(int(match["id"]))

    async def callback(self, interaction: Interaction) -> None:
        """Hand it in."""
        async with answering_errors(interaction):
            await interaction.client.results.reroll(interaction, self.job_id)


def result_rows(job: Job, creations: Sequence[Creation]) -> list[ui.ActionRow[Any]]:
    """Return what one can press under a job's pictures: of one, all that there is; of several, a variation of each."""
    reroll = RerollButton(job.id)
    if len(creations) == 1:
        return [ui.ActionRow[Any](GoOnSelect(creations[0].id)), ui.ActionRow[Any](reroll)]
    variations = [GoOnButton(each.id, "subtle", f"V{number}") for number, each in enumerate(creations, 1)]
    return [ui.ActionRow[Any](*variations, reroll)]
