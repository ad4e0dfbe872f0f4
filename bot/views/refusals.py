"""How a member hears that something was refused or went wrong; the only place that decides it."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord

from bot.errors import UserError
from bot.words import later, say, speak

log = logging.getLogger(__name__)

UNEXPECTED = later(
    "Something went wrong on my side. Try again; if it stays so, tell the server's owner to look at my log."
)


@asynccontextmanager
async def answering_errors(interaction: discord.Interaction[Any]) -> AsyncIterator[None]:
    """Speak the member's language, and answer whatever the block raises, instead of failing silently."""
    speak(interaction.locale.value)
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the border to the member; answer_error logs it
        await answer_error(interaction, error)


async def answer_error(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Tell the member, and nobody else, one sentence; log what is not a UserError."""
    if isinstance(error, UserError):
        sentence = str(error)
    else:
        sentence = say(UNEXPECTED)
        log.error("an interaction failed", exc_info=error)
    try:
        await _whisper(interaction, sentence)
    except discord.HTTPException:
        log.warning("the member could not be told: %s", sentence, exc_info=True)


async def _whisper(interaction: discord.Interaction[Any], sentence: str) -> None:
    if not interaction.response.is_done():
        await interaction.response.send_message(sentence, ephemeral=True)
        return
    thinking = interaction.response.type is discord.InteractionResponseType.deferred_channel_message
    if thinking:
        # The first follow-up would take the public place of the deferred answer, so that is filled first.
        await interaction.edit_original_response(content="…")
    await interaction.followup.send(sentence, ephemeral=True)
    if thinking:
        await interaction.delete_original_response()
