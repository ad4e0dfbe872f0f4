"""How a member hears that something was refused or went wrong; the only place that decides it."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import discord

from bot.core.errors import AskFirstError, UserError
from bot.core.i18n import N_, _, set_language
from bot.ui.host import Interaction

log = logging.getLogger(__name__)

UNEXPECTED = N_(
    "Something went wrong on my side. Try again; if it stays so, tell the server's owner to look at my log."
)


@asynccontextmanager
async def answering_errors(interaction: Interaction) -> AsyncIterator[None]:
    """Speak the member's language, and answer whatever the block raises, instead of failing silently."""
    set_language(interaction.locale.value)
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the border to the member; answer_error logs it
        await answer_error(interaction, error)


async def answer_error(interaction: Interaction, error: BaseException) -> None:
    """Tell the member, and nobody else, one sentence; log what is not a UserError.

    Where the makers of pictures have to be asked first, they are asked.
    """
    if isinstance(error, AskFirstError):
        try:
            await interaction.client.ask_makers(interaction, error.creation_ids)
            return
        except Exception as failure:  # noqa: BLE001 - the border to the member too
            error = failure
    if isinstance(error, UserError):
        sentence = str(error)
    else:
        sentence = _(UNEXPECTED)
        log.error("an interaction failed", exc_info=error)
    try:
        await whisper(interaction, sentence)
    except discord.HTTPException:
        log.warning("the member could not be told: %s", sentence, exc_info=True)


async def whisper(interaction: Interaction, sentence: str) -> None:
    """Tell the member, and nobody else, a sentence in place of the answer."""
    async with beside_the_answer(interaction):
        await send_alone(interaction, sentence)


async def send_alone(interaction: Interaction, sentence: str) -> None:
    """Send a sentence that only the member sees; an answer that is still deferred is not filled."""
    if interaction.response.is_done():
        await interaction.followup.send(sentence, ephemeral=True)
    else:
        await interaction.response.send_message(sentence, ephemeral=True)


@asynccontextmanager
async def beside_the_answer(interaction: Interaction) -> AsyncIterator[None]:
    """Let follow-ups be messages of their own; a deferred answer is deleted after them.

    Otherwise the first follow-up would take its place: seen by those who would see that, and pinging nobody.
    """
    if interaction.response.type is not discord.InteractionResponseType.deferred_channel_message:
        yield
        return
    await interaction.edit_original_response(content="…")
    yield
    await interaction.delete_original_response()
