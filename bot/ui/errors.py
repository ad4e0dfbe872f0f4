"""Error replies: the only module that tells a member that a request was refused or failed."""

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
    """Set the member's language, and reply with an error message if the block raises an Exception."""
    set_language(interaction.locale.value)
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the last handler; answer_error logs it
        await answer_error(interaction, error)


async def answer_error(interaction: Interaction, error: BaseException) -> None:
    """Reply to an error with one sentence that only the member sees; log it unless it is a UserError.

    For an AskFirstError, offer to ask the makers of the pictures for consent instead.
    """
    if isinstance(error, AskFirstError):
        try:
            await interaction.client.ask_makers(interaction, error.creation_ids)
            return
        except Exception as failure:  # noqa: BLE001 - the last handler here too
            error = failure
    if isinstance(error, UserError):
        sentence = str(error)
    else:
        sentence = _(UNEXPECTED)
        log.error("an interaction failed", exc_info=error)
    try:
        await whisper(interaction, sentence)
    except discord.HTTPException:
        log.warning("could not send the error message to the member: %s", sentence, exc_info=True)


async def whisper(interaction: Interaction, sentence: str) -> None:
    """Send a sentence that only the member sees, instead of the response; a deferred response is deleted."""
    async with beside_the_answer(interaction):
        await send_alone(interaction, sentence)


async def send_alone(interaction: Interaction, sentence: str) -> None:
    """Send a sentence that only the member sees, as the response or, after a response, as a follow-up."""
    if interaction.response.is_done():
        await interaction.followup.send(sentence, ephemeral=True)
    else:
        await interaction.response.send_message(sentence, ephemeral=True)


@asynccontextmanager
async def beside_the_answer(interaction: Interaction) -> AsyncIterator[None]:
    """Make follow-ups in the block messages of their own, and delete a deferred response after it.

    Otherwise Discord would put the first follow-up in the place of the deferred response: with its visibility, and
    without a ping.
    """
    if interaction.response.type is not discord.InteractionResponseType.deferred_channel_message:
        yield
        return
    await interaction.edit_original_response(content="…")
    yield
    await interaction.delete_original_response()
