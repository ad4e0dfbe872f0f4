"""Where the answer to an interaction stands."""

from typing import Any

import discord

from bot.errors import UserError
from bot.records import Place


async def placed(interaction: discord.Interaction[Any], *, ephemeral: bool = False) -> Place:
    """Defer the answer and return where it will stand. Raises UserError outside of servers."""
    guild_id, channel_id = interaction.guild_id, interaction.channel_id
    if guild_id is None or channel_id is None:
        raise UserError("I paint in servers, where the gallery is; use me in a channel of yours.")
    deferred = await interaction.response.defer(thinking=True, ephemeral=ephemeral)
    message_id = deferred.message_id if deferred else None
    if message_id is None:
        message_id = (await interaction.original_response()).id
    return Place(guild_id, channel_id, message_id, interaction.token)
