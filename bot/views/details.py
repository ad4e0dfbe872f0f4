"""How a picture was made, for whoever asks."""

from collections.abc import Sequence

import discord

from bot.records import Creation, Family
from bot.views.cards import prompt_title
from bot.views.layout import WORKING, Card, card
from engine.messages import GenerationParameters

TEXT_SHOWN = 3000


def creations_card(made: Sequence[tuple[Creation, GenerationParameters]], family: Family | None = None) -> Card:
    """Show what made the pictures of one message, and of a single picture where it comes from."""
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
    return card(WORKING, prompt_title(parameters.prompt), "\n".join(lines))


def _descent(family: Family) -> list[str]:
    lines = []
    if family.parent:
        lines.append(f"made from picture {family.parent.id} by <@{family.parent.user_id}>")
    if family.children:
        count = "1 picture was" if family.children == 1 else f"{family.children} pictures were"
        lines.append(f"{count} made from it")
    return lines


def parameters_card(filename: str, text: str) -> Card:
    """Show what a picture's file says of how it was made."""
    shown = discord.utils.escape_markdown(text[:TEXT_SHOWN])
    return card(WORKING, f"**{discord.utils.escape_markdown(filename)}** says of itself", shown)
