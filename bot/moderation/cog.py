"""The /moderation commands, and the buttons on their cards."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.core.i18n import _, ngettext
from bot.database.states import Verdict
from bot.kept_out.service import KeptOutService
from bot.kept_out.views import kept_out_card
from bot.moderation.blocks import BlockService
from bot.moderation.cases import CaseService
from bot.moderation.controller import Cases, check_may_be_blocked
from bot.moderation.purge import Purge
from bot.moderation.purge_views import purge_card
from bot.prompt_rules.matching import RuleKind
from bot.prompt_rules.service import RuleService
from bot.prompt_rules.views import RulesModal, rules_card
from bot.ui.host import Interaction
from bot.ui.interactions import check_manages, check_moderates, guild_of
from bot.ui.text import left_card

# Ten years.
MOST_DAYS = 3650


@app_commands.default_permissions(manage_messages=True)
@app_commands.guild_only()
class Moderation(commands.GroupCog, group_name="moderation", group_description="For this server's moderators"):
    """The /moderation commands: checks permissions, and calls the services."""

    def __init__(
        self,
        blocks: BlockService,
        purge: Purge,
        case_service: CaseService,
        cases: Cases,
        rules: RuleService,
        kept_out: KeptOutService,
    ) -> None:
        super().__init__()
        self._case_service = case_service
        self._cases = cases
        self._purge = purge
        self._blocks = blocks
        self._rules = rules
        self._kept_out = kept_out

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Raise NotAllowedError for members who are not moderators.

        Checked here too, because a server can override the default permissions of a command.
        """
        # `rules` requires Manage Server instead, which it checks itself.
        if interaction.command is not self.rules:
            check_moderates(interaction)
        return True

    @app_commands.command(name="block", description="Let a member use me here no longer")
    @app_commands.describe(member="Whom", days="For how many days; for good where you say nothing", reason="Why")
    async def block(
        self,
        interaction: Interaction,
        member: discord.User,
        days: app_commands.Range[int, 1, MOST_DAYS] = 0,
        reason: app_commands.Range[str, 0, 300] = "",
    ) -> None:
        """Block a member, and record it in the log. Raises NotAllowedError for moderators and the bot."""
        guild = guild_of(interaction)
        await check_may_be_blocked(guild, member.id)
        await interaction.response.defer(thinking=True, ephemeral=True)
        await self._blocks.block(guild.id, member.id, interaction.user.id, days, reason.strip())
        await self._case_service.record_command(guild.id, member.id, interaction.user.id, Verdict.BLOCK, reason.strip())
        await interaction.edit_original_response(content=_("{member} is blocked here now.", member=member.mention))

    @app_commands.command(name="unblock", description="Let a member use me here again")
    @app_commands.describe(member="Whom")
    async def unblock(self, interaction: Interaction, member: discord.User) -> None:
        """End a member's block, and record it in the log."""
        guild = guild_of(interaction)
        await self._blocks.unblock(guild.id, member.id)
        await self._case_service.record_command(guild.id, member.id, interaction.user.id, Verdict.UNBLOCK, "")
        text = _("{member} may use me here again.", member=member.mention)
        await interaction.response.send_message(text, ephemeral=True)

    @app_commands.command(name="log", description="What was reported, held back and decided")
    @app_commands.describe(member="About whom; about everyone where you say nothing")
    async def log(self, interaction: Interaction, member: discord.User | None = None) -> None:
        """Show the newest cases, of one member or of all."""
        await self._cases.show_log(interaction, member.id if member else 0)

    @app_commands.command(name="purge", description="Remove all pictures of a member, after asking")
    @app_commands.describe(member="Whose", days="Of how many last days; all where you say nothing")
    async def purge(
        self, interaction: Interaction, member: discord.User, days: app_commands.Range[int, 1, MOST_DAYS] = 0
    ) -> None:
        """Ask for confirmation, with the number of pictures."""
        count = len(await self._purge.pictures(guild_of(interaction).id, member.id, days))
        await interaction.response.send_message(view=purge_card(member.id, days, count).view, ephemeral=True)

    async def purged(self, interaction: Interaction, user_id: int, days: int) -> None:
        """Remove a member's pictures after confirmation, and reply with their number.

        Their messages are edited after the reply, one after another.
        """
        check_moderates(interaction)
        await interaction.response.defer()
        guild = guild_of(interaction)
        creations = await self._purge.take(guild.id, user_id, days)
        await self._case_service.record_command(guild.id, user_id, interaction.user.id, Verdict.PURGE, "")
        text = ngettext(
            "{count} picture is removed; its message follows.",
            "{count} pictures are removed; their messages follow.",
            count=len(creations),
        )
        await interaction.edit_original_response(view=left_card(text).view)
        await self._purge.put_messages_right(creations)

    @app_commands.command(name="kept-out", description="Removed pictures that may not come back here")
    @app_commands.describe(number="One that may come back; without it I show the list")
    async def kept_out(self, interaction: Interaction, number: app_commands.Range[int, 1] | None = None) -> None:
        """Show the list of kept-out pictures; `number` is allowed again first."""
        guild_id = guild_of(interaction).id
        if number:
            await self._kept_out.let_in(guild_id, number)
        view = kept_out_card(await self._kept_out.of_guild(guild_id)).view
        await interaction.response.send_message(view=view, ephemeral=True)

    async def let_in(self, interaction: Interaction, number: int) -> None:
        """Allow a kept-out picture again, and redraw the list."""
        check_moderates(interaction)
        guild_id = guild_of(interaction).id
        await self._kept_out.let_in(guild_id, number)
        await interaction.response.edit_message(view=kept_out_card(await self._kept_out.of_guild(guild_id)).view)

    @app_commands.command(name="rules", description="What prompts may not say here")
    async def rules(self, interaction: Interaction) -> None:
        """Show the prompt rules, ephemerally. Raises NotAllowedError without Manage Server."""
        guild_id = _managed_guild_id(interaction)
        view = rules_card(await self._rules.all(guild_id)).view
        await interaction.response.send_message(view=view, ephemeral=True)

    async def show_rules(self, interaction: Interaction, page: int) -> None:
        """Redraw the card with another page of the rules."""
        guild_id = _managed_guild_id(interaction)
        await interaction.response.edit_message(view=rules_card(await self._rules.all(guild_id), page).view)

    async def ask_rules(self, interaction: Interaction, kind: RuleKind) -> None:
        """Open the modal for new rules of a kind."""
        _managed_guild_id(interaction)
        await interaction.response.send_modal(RulesModal(kind, self))

    async def add_rules(self, interaction: Interaction, kind: RuleKind, texts: list[str]) -> None:
        """Add rules, and redraw the card at the last page."""
        guild_id = _managed_guild_id(interaction)
        await interaction.response.defer()
        await self._rules.add(guild_id, interaction.user.id, kind, texts)
        rules = await self._rules.all(guild_id)
        await interaction.edit_original_response(view=rules_card(rules, len(rules)).view)

    async def remove_rule(self, interaction: Interaction, rule_id: int, page: int) -> None:
        """Remove a rule, and redraw the card at `page`."""
        await self._rules.remove(_managed_guild_id(interaction), rule_id)
        await self.show_rules(interaction, page)


def _managed_guild_id(interaction: Interaction) -> int:
    """Return the id of the server. Raises NotAllowedError if the member may not manage it."""
    guild = guild_of(interaction)
    check_manages(interaction)
    return guild.id
