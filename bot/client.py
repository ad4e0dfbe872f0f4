"""The Discord client: its intents, its command tree, and the features that it loads."""

import logging
from collections.abc import Iterable

import discord
from discord import app_commands
from discord.ext import commands
from structlog.contextvars import bind_contextvars

from bot.core.i18n import set_language
from bot.platform.command_sync import CommandsError, tell_commands
from bot.platform.command_translator import CommandTexts
from bot.ui.access import is_allowed
from bot.ui.errors import answer_error
from bot.ui.feature import Feature
from bot.ui.host import Host

log = logging.getLogger(__name__)

# Permissions that the bot needs in a channel to post and edit its cards.
PERMISSIONS = discord.Permissions(view_channel=True, send_messages=True, attach_files=True, read_message_history=True)

# The group of commands that blocked members may use: to see and delete their data.
FOR_BLOCKED = "privacy"


class CommandTree(app_commands.CommandTree["AtelierClient"]):
    """The slash commands, with one answer to every error."""

    async def interaction_check(self, interaction: discord.Interaction["AtelierClient"], /) -> bool:
        """Set the member's language and the log's context; return False for a blocked member."""
        bind_contextvars(guild=interaction.guild_id, user=interaction.user.id)
        set_language(interaction.locale.value)
        # Autocompletion cannot be answered with a sentence, and changes nothing.
        if interaction.type is not discord.InteractionType.application_command or _is_for_blocked(interaction):
            return True
        return await is_allowed(interaction)

    async def on_error(
        self, interaction: discord.Interaction["AtelierClient"], error: app_commands.AppCommandError, /
    ) -> None:
        """Answer the member; log the cause unless it is a refusal."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        await answer_error(interaction, cause)


def _is_for_blocked(interaction: discord.Interaction["AtelierClient"]) -> bool:
    command = interaction.command
    return isinstance(command, app_commands.Command) and (command.root_parent or command).name == FOR_BLOCKED


class AtelierClient(Host, commands.Bot):
    """Atelier on Discord. Needs no privileged intent."""

    # Guild messages for their deletion alone: their content is a privileged intent.
    INTENTS = discord.Intents(guilds=True, guild_messages=True, guild_reactions=True)

    # Why the commands could not be registered at Discord; empty if they are.
    commands_problem: str = ""

    def __init__(self) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=self.INTENTS,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            tree_cls=CommandTree,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
        )
        self.controllers = {}
        self._features: tuple[Feature, ...] = ()

    def add_features(self, features: Iterable[Feature]) -> None:
        """Set the features that `setup_hook` loads; call it before the client starts."""
        self._features = tuple(features)

    async def on_message(self, _message: discord.Message, /) -> None:
        """Ignore commands in messages: all commands are slash commands."""

    async def setup_hook(self) -> None:
        """Load the features, and register the commands at Discord."""
        for feature in self._features:
            for cog in feature.cogs:
                await self.add_cog(cog)
            for menu in feature.menus:
                self.tree.add_command(menu)
            for items in feature.items:
                self.controllers.update(dict.fromkeys(items.types, items.controller))
                self.add_dynamic_items(*items.types)
        await self.tree.set_translator(CommandTexts())
        try:
            await tell_commands(self.tree)
        except CommandsError as error:
            self.commands_problem = str(error)
            log.error("%s; the bot goes on with those that are there", error)
