"""The Discord client: which intents it asks for, what it loads, and the one error handler."""

from collections.abc import Callable

import discord
from discord import app_commands
from discord.ext import commands
from structlog.contextvars import bind_contextvars

from bot.cogs.drafts import DraftCards
from bot.cogs.help import Help
from bot.cogs.imagine import Imagine
from bot.cogs.inpaint import Inpaint
from bot.cogs.menus import Menus
from bot.cogs.proposals import Proposals
from bot.cogs.queue import Queue
from bot.cogs.results import Results
from bot.cogs.settings import PersonalSettings
from bot.cogs.show import Show
from bot.cogs.style import Styles
from bot.gallery.creations import CreationStore
from bot.jobs.desk import JobDesk
from bot.jobs.styles import StyleDesk
from bot.views.cancel import CancelButton
from bot.views.draft_items import CellsSelect, DraftButton, ThingSelect
from bot.views.queue import CancelAllButton
from bot.views.refusals import answer_error
from bot.views.results import GoOnButton, GoOnSelect, OneOfSelect, RemoveButton, RerollButton
from bot.views.settings import PreviewToggle
from engine.client import Engine
from engine.messages import GenerationParameters

# What the bot must be allowed in a channel to show and keep its cards there.
PERMISSIONS = discord.Permissions(view_channel=True, send_messages=True, attach_files=True, read_message_history=True)


class CommandTree(app_commands.CommandTree["AtelierClient"]):
    """The slash commands, with one answer to every error."""

    async def interaction_check(self, interaction: discord.Interaction["AtelierClient"], /) -> bool:
        """Let every log record of this interaction name its guild and user."""
        bind_contextvars(guild=interaction.guild_id, user=interaction.user.id)
        return True

    async def on_error(
        self, interaction: discord.Interaction["AtelierClient"], error: app_commands.AppCommandError, /
    ) -> None:
        """Answer the member; the cause goes to the log where it is not a refusal."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        await answer_error(interaction, cause)


class AtelierClient(commands.Bot):
    """Atelier on Discord. Needs no privileged intent; what it is made of is set by the composition root."""

    INTENTS = discord.Intents(guilds=True)
    jobs: JobDesk
    engine: Engine
    creations: CreationStore
    draft_cards: DraftCards
    personal_settings: PersonalSettings
    results: Results
    styles: StyleDesk
    remark: Callable[[GenerationParameters], str]

    def __init__(self) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=self.INTENTS,
            allowed_mentions=discord.AllowedMentions.none(),
            tree_cls=CommandTree,
        )

    async def setup_hook(self) -> None:
        """Load cogs and lasting buttons, and tell Discord the commands."""
        proposals = Proposals(self.engine, self.styles)
        await self.add_cog(Imagine(self.jobs, self.engine, self.styles, proposals, self.remark))
        await self.add_cog(Inpaint(self.draft_cards, self.styles, proposals))
        await self.add_cog(Styles(self.styles, proposals))
        await self.add_cog(Menus(self, self.draft_cards, self.results, self.creations))
        await self.add_cog(Show(self.results))
        await self.add_cog(Queue(self.jobs))
        await self.add_cog(self.personal_settings)
        await self.add_cog(Help(self.engine))
        self.add_dynamic_items(CancelButton, CancelAllButton, DraftButton, CellsSelect, ThingSelect, PreviewToggle)
        self.add_dynamic_items(GoOnButton, GoOnSelect, OneOfSelect, RemoveButton, RerollButton)
        await self.tree.sync()
