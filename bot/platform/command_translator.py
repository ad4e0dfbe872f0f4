"""The texts of commands, in the languages of the catalogues."""

from collections.abc import Iterable, Iterator
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation
from discord.ext import commands

from bot.core.i18n import translated

# Typed and read in documentation, so the same everywhere.
NAMES = (
    TranslationContextLocation.group_name,
    TranslationContextLocation.parameter_name,
)


class CommandTexts(app_commands.Translator):
    """Tells Discord the descriptions of commands and options, the names of choices, and those of message menus."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """See discord.app_commands.Translator."""
        is_slash = isinstance(context.data, app_commands.Command)
        if context.location in NAMES or (context.location is TranslationContextLocation.command_name and is_slash):
            return None
        text = translated(string.message, locale.value)
        return None if text == string.message else text


def command_texts(cogs: Iterable[type[commands.Cog]]) -> Iterator[str]:
    """Yield every text of cogs' slash commands that is translated."""
    for cog in cogs:
        if issubclass(cog, commands.GroupCog):
            yield str(cog.__cog_group_description__)
        for command in cog.__cog_app_commands__:
            yield from _texts(command)


def _texts(command: Any) -> Iterator[str]:
    yield command.description
    for parameter in getattr(command, "parameters", ()):
        yield parameter.description
        yield from (choice.name for choice in parameter.choices)
