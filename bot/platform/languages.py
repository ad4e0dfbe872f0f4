"""Choice of the language for messages that others than the member of the interaction read.

A response that only this member reads is in their language, which `bot.client` sets for each interaction. Messages
for others are in the language of the server, direct messages to other members too: Discord sends a member's
language only with an interaction of theirs.
"""

from contextlib import AbstractContextManager
from typing import Any

import discord

from bot.core.i18n import ENGLISH, use_language


def language_of_server(client: discord.Client, guild_id: int) -> AbstractContextManager[None]:
    """Use a server's preferred language inside the block, or English if the bot is not in the server."""
    guild = client.get_guild(guild_id)
    return use_language(guild.preferred_locale.value if guild else ENGLISH)


def language_of_answer(interaction: discord.Interaction[Any]) -> AbstractContextManager[None]:
    """Use the language of a response that everybody in the channel sees inside the block.

    That is the server's language, or in direct messages the member's.
    """
    guild = interaction.client.get_guild(interaction.guild_id or 0)
    locale = guild.preferred_locale if guild else interaction.guild_locale or interaction.locale
    return use_language(locale.value)
