"""Translation of command descriptions and choices from the gettext catalogues."""

from collections.abc import Iterable, Iterator
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation
from discord.ext import commands

from bot.core.i18n import translated

# Members type these names and the documentation names them, so they are the same in every language.
UNTRANSLATED = (
    TranslationContextLocation.group_name,
    TranslationContextLocation.parameter_name,
)


class CommandTexts(app_commands.Translator):
    """Translator of descriptions of commands and options, names of choices, and names of context menus."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return the translation for a locale, or None if there is none; see `discord.app_commands.Translator`."""
        is_slash = isinstance(context.data, app_commands.Command)
        if context.location in UNTRANSLATED or (
            context.location is TranslationContextLocation.command_name and is_slash
        ):
            return None
        text = translated(string.message, locale.value)
        return None if text == string.message else text


def command_texts(cogs: Iterable[type[commands.Cog]]) -> Iterator[str]:
    """Yield every translatable text of the slash commands of the given cog classes, for `tools.messages`."""
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
