"""How a picture was made, for whoever asks."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.records import Creation, Family
from bot.views.cards import prompt_title
from bot.views.lasting import Lasting
from bot.views.layout import WORKING, Card, Upload, card, gallery
from engine.messages import GenerationParameters

TEXT_SHOWN = 3000


class KinSelect(Lasting, ui.DynamicItem[ui.Select[Any]], template=r"kin:(?P<creation_id>\d+)"):
    """Goes to one of a picture's family, to go on from there."""

    def __init__(self, creation_id: int, family: Family | None = None) -> None:
        kin = (*reversed(family.ancestors), *family.children) if family else ()
        names = {each.id: "Comes from" for each in family.ancestors} if family else {}
        options = [
            discord.SelectOption(label=f"{names.get(each.id, 'Led to')} picture {each.id}", value=str(each.id))
            for each in kin
            if not each.is_removed
        ]
        self.has_options = bool(options)
        super().__init__(ui.Select(custom_id=f"kin:{creation_id}", placeholder="Go to …", options=options))

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Show it."""
        await interaction.client.results.show(interaction, int(self.item.values[0]))


def creations_card(
    made: Sequence[tuple[Creation, GenerationParameters]], family: Family | None = None, tree: bytes | None = None
) -> Card:
    """Show what made the pictures of one message, and of a single picture its family, drawn in `tree`, a PNG file."""
    first, parameters = made[0]
    lines = [
        f"by <@{first.user_id}>, {discord.utils.format_dt(first.created_at, 'R')}",
        *([f"without: {discord.utils.escape_markdown(parameters.negative_prompt)}"] * bool(parameters.negative_prompt)),
        f"{parameters.num_inference_steps} steps · guidance {parameters.guidance_scale:g} · "
        f"strength {parameters.strength:g} · scheduler {parameters.scheduler}",
        f"{first.width} × {first.height} · {first.model}",
        *(f"picture {creation.id}: seed `{creation.seed}`" for creation, _ in made),
        *(_descent(family) if family else []),
    ]
    parts: list[ui.Item[Any] | str] = [prompt_title(parameters.prompt), "\n".join(lines)]
    files = (Upload(f"family-{first.id}.png", tree, "The family of the picture"),) if tree else ()
    if files:
        parts.append(gallery(files))
    select = KinSelect(first.id, family)
    if select.has_options:
        parts.append(ui.ActionRow[Any](select))
    return card(WORKING, *parts, files=files)


def _descent(family: Family) -> list[str]:
    lines = []
    if family.ancestors:
        parent = family.ancestors[-1]
        lines.append(f"made from picture {parent.id} by <@{parent.user_id}>")
    count = len(family.children) + family.more
    if count:
        lines.append(f"{'1 picture was' if count == 1 else f'{count} pictures were'} made from it")
    return lines


def parameters_card(filename: str, text: str) -> Card:
    """Show what a picture's file says of how it was made."""
    shown = discord.utils.escape_markdown(text[:TEXT_SHOWN])
    return card(WORKING, f"**{discord.utils.escape_markdown(filename)}** says of itself", shown)
