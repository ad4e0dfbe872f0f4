"""The Discord client: which intents it asks for, what it loads, and the one error handler."""

import logging

import discord
from discord import app_commands
from discord.ext import commands
from structlog.contextvars import bind_contextvars

from bot.challenges.ballot_views import BallotButton, PreferButton, StarButton
from bot.challenges.cog import Challenges
from bot.challenges.controller import Participation
from bot.challenges.views import ChallengeButton, EnterSelect, IntoSelect, WithdrawSelect
from bot.consent.controller import Permits
from bot.consent.views import PermitButton
from bot.core.i18n import set_language
from bot.creations.cog import Threads
from bot.creations.given_pictures import GivenPictures
from bot.creations.lineage_store import LineageStore
from bot.creations.store import CreationStore
from bot.creations.thread_origins import ThreadOrigins
from bot.critiques.controller import Critiques
from bot.critiques.views import CritiqueButton, CritiquesButton
from bot.database.file_store import FileStore
from bot.drafts.cog import Inpaint
from bot.drafts.controller import DraftCards
from bot.drafts.items import CellsSelect, DraftButton, ThingSelect
from bot.gallery.cog import Galleries
from bot.gallery.views import FilterButton, OpenSelect, PageButton
from bot.jobs.appeal_button import AppealButton
from bot.jobs.cancel_button import CancelButton
from bot.jobs.cog import Queue
from bot.jobs.queue_views import CancelAllButton
from bot.jobs.result_views import (
    KeepOutButton,
    OneOfSelect,
    PictureActionButton,
    PictureActionSelect,
    RemoveButton,
    RerollButton,
)
from bot.jobs.service import JobService
from bot.kept_out.views import LetInSelect
from bot.leaderboard.cog import Leaderboards
from bot.leaderboard.views import BoardSelect, SeasonButton
from bot.moderation.blocks import BlockService
from bot.moderation.cog import Moderation
from bot.moderation.controller import Cases
from bot.moderation.purge_views import PurgeButton
from bot.moderation.views import CaseSelect, LogButton, VerdictButton
from bot.panels.cog import SettingsPanels
from bot.panels.limits_views import ChannelsSelect, RoleQuotaSelect, RolesSelect
from bot.panels.safety_controller import SafetyPanel
from bot.panels.safety_views import CasesChannelSelect, SafetySelect
from bot.panels.settings_views import (
    EmojiSelect,
    LimitsButton,
    PostsSelect,
    SafetyButton,
    ServerButton,
    SettingSelect,
    SettingToggle,
)
from bot.platform.command_sync import CommandsError, tell_commands
from bot.platform.command_translator import CommandTexts
from bot.privacy.cog import Privacy
from bot.privacy.views import ForgetButton
from bot.prompt_rules.views import AddRuleButton, RemoveRuleSelect, RulePageButton
from bot.prompting.autocomplete import Proposals
from bot.settings.service import SettingsService
from bot.showcase.cog import Reactions
from bot.showcase.reactions import ReactionService
from bot.stats.cog import Stats
from bot.studio.context_menus import Menus
from bot.studio.details_views import KinSelect
from bot.studio.help_cog import Help
from bot.studio.ideas_cog import Ideas
from bot.studio.ideas_service import IdeaService
from bot.studio.imagine_cog import Imagine
from bot.studio.info_cog import Info
from bot.studio.picture_actions import Results
from bot.studio.service import Studio
from bot.studio.show_cog import Show
from bot.styles.cog import Styles
from bot.styles.service import StyleService
from bot.ui.access import is_allowed
from bot.ui.errors import answer_error
from engine.client import Engine

log = logging.getLogger(__name__)

# What the bot must be allowed in a channel to show and keep its cards there.
PERMISSIONS = discord.Permissions(view_channel=True, send_messages=True, attach_files=True, read_message_history=True)


# What a member can do who is blocked: see what is known of them, and have it removed.
FOR_BLOCKED = "privacy"


class CommandTree(app_commands.CommandTree["AtelierClient"]):
    """The slash commands, with one answer to every error."""

    async def interaction_check(self, interaction: discord.Interaction["AtelierClient"], /) -> bool:
        """Speak the member's language, let every log record name guild and user, and let no blocked member go on."""
        bind_contextvars(guild=interaction.guild_id, user=interaction.user.id)
        set_language(interaction.locale.value)
        # What is proposed while they type can't be answered with a sentence, and does nothing.
        if interaction.type is not discord.InteractionType.application_command or _is_for_blocked(interaction):
            return True
        return await is_allowed(interaction)

    async def on_error(
        self, interaction: discord.Interaction["AtelierClient"], error: app_commands.AppCommandError, /
    ) -> None:
        """Answer the member; the cause goes to the log where it is not a refusal."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        await answer_error(interaction, cause)


def _is_for_blocked(interaction: discord.Interaction["AtelierClient"]) -> bool:
    command = interaction.command
    return isinstance(command, app_commands.Command) and (command.root_parent or command).name == FOR_BLOCKED


class AtelierClient(commands.Bot):
    """Atelier on Discord. Needs no privileged intent; what it is made of is set by the composition root."""

    # Messages without their content: that one was deleted is all that is heard of them.
    INTENTS = discord.Intents(guilds=True, guild_messages=True, guild_reactions=True)
    blocks: BlockService
    cases: Cases
    challenges: Participation
    challenge_commands: Challenges
    jobs: JobService
    engine: Engine
    creations: CreationStore
    critiques: Critiques
    draft_cards: DraftCards
    files: FileStore
    galleries: Galleries
    leaderboards: Leaderboards
    lineage: LineageStore
    given: GivenPictures
    moderation: Moderation
    permits: Permits
    privacy: Privacy
    reactions: ReactionService
    results: Results
    safety_panel: SafetyPanel
    settings: SettingsService
    settings_panels: SettingsPanels
    stats: Stats
    studio: Studio
    styles: StyleService
    thread_origins: ThreadOrigins

    # Why Discord doesn't know the newest commands; empty where it does.
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

    async def on_message(self, _message: discord.Message, /) -> None:
        """Hear no commands in messages: slash commands are all there are."""

    async def setup_hook(self) -> None:
        """Load cogs and lasting buttons, and tell Discord the commands."""
        proposals = Proposals(self.engine, self.styles)
        self.settings_panels = SettingsPanels(self.settings, self.styles, self.jobs, self.engine)
        await self.add_cog(Imagine(self.studio, self.engine, self.settings, self.styles, proposals))
        await self.add_cog(Inpaint(self.draft_cards, self.settings, self.styles, proposals))
        ideas = Ideas(IdeaService(self.engine), self.studio, self.settings, self.files, self.given, self.jobs.kept_out)
        await self.add_cog(ideas)
        await self.add_cog(Styles(self.styles, proposals, self.files, self.given))
        await self.add_cog(Menus(self, self.draft_cards, self.results, self.creations))
        await self.add_cog(self.galleries)
        await self.add_cog(self.moderation)
        await self.add_cog(self.challenge_commands)
        await self.add_cog(self.leaderboards)
        await self.add_cog(self.stats)
        await self.add_cog(Show(self.results))
        await self.add_cog(Queue(self.jobs))
        await self.add_cog(Info(self.lineage, self.jobs, self.engine))
        await self.add_cog(self.settings_panels)
        await self.add_cog(Reactions(self, self.reactions))
        await self.add_cog(Threads(self.thread_origins))
        await self.add_cog(Help(self.engine))
        await self.add_cog(self.privacy)
        self.add_dynamic_items(CancelButton, CancelAllButton, DraftButton, CellsSelect, ThingSelect)
        self.add_dynamic_items(
            PictureActionButton, PictureActionSelect, KinSelect, OneOfSelect, PermitButton, RemoveButton, RerollButton
        )
        self.add_dynamic_items(ChallengeButton, EnterSelect, IntoSelect, WithdrawSelect)
        self.add_dynamic_items(CritiqueButton, CritiquesButton, BoardSelect, SeasonButton)
        self.add_dynamic_items(AddRuleButton, RemoveRuleSelect, RulePageButton)
        self.add_dynamic_items(BallotButton, PreferButton, StarButton)
        self.add_dynamic_items(FilterButton, OpenSelect, PageButton)
        self.add_dynamic_items(EmojiSelect, PostsSelect, ServerButton, SettingSelect, SettingToggle)
        self.add_dynamic_items(ChannelsSelect, LimitsButton, RoleQuotaSelect, RolesSelect)
        self.add_dynamic_items(CasesChannelSelect, PurgeButton, SafetyButton, SafetySelect)
        self.add_dynamic_items(KeepOutButton, LetInSelect)
        self.add_dynamic_items(AppealButton, CaseSelect, ForgetButton, LogButton, VerdictButton)
        await self.tree.set_translator(CommandTexts())
        try:
            await tell_commands(self.tree)
        except CommandsError as error:
            self.commands_problem = str(error)
            log.error("%s; the bot goes on with those that are there", error)
