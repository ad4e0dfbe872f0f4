"""Which language a message is written in: decided here for everything that is not for the one who asked alone.

What only the one who asked reads is in their language, which `bot.client` speaks for each interaction. What others
read is in their server's: Discord tells a member's language only with an interaction of theirs, so direct messages
to somebody else are in it too.
"""

from contextlib import AbstractContextManager
from typing import Any

import discord

from bot.core.i18n import ENGLISH, use_language


def language_of_server(client: discord.Client, guild_id: int) -> AbstractContextManager[None]:
    """Speak a server's language inside the block; English where the bot isn't in it."""
    guild = client.get_guild(guild_id)
    return use_language(guild.preferred_locale.value if guild else ENGLISH)


def language_of_answer(interaction: discord.Interaction[Any]) -> AbstractContextManager[None]:
    """Speak the language of an answer that everybody in its channel sees inside the block.

    Where Discord names no server, in direct messages, it is the language of the member who asked.
    """
    guild = interaction.client.get_guild(interaction.guild_id or 0)
    locale = guild.preferred_locale if guild else interaction.guild_locale or interaction.locale
    return use_language(locale.value)
