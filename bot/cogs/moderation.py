"""/moderation: what those who manage a server watch over."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.answers import check_manages, guild_of
from bot.jobs.rules import RuleDesk
from bot.rules import RuleKind
from bot.views.rules import RulesModal, rules_card

Interaction = discord.Interaction[Any]


class Moderation(commands.GroupCog, group_name="moderation", group_description="Watching over this server's pictures"):
    """Parses and checks; the rules are the desk's."""

    def __init__(self, rules: RuleDesk) -> None:
        super().__init__()
        self._rules = rules

    @app_commands.command(name="rules", description="What prompts may not say here")
    async def rules(self, interaction: Interaction) -> None:
        """Show the rules to one who manages the server alone."""
        guild_id = _managed(interaction)
        view = rules_card(await self._rules.all(guild_id)).view
        await interaction.response.send_message(view=view, ephemeral=True)

    async def show_rules(self, interaction: Interaction, page: int) -> None:
        """Show a page of the rules where the press came from."""
        guild_id = _managed(interaction)
        await interaction.response.edit_message(view=rules_card(await self._rules.all(guild_id), page).view)

    async def ask_rules(self, interaction: Interaction, kind: RuleKind) -> None:
        """Ask for more rules."""
        _managed(interaction)
        await interaction.response.send_modal(RulesModal(kind))

    async def add_rules(self, interaction: Interaction, kind: RuleKind, texts: list[str]) -> None:
        """Take rules, and show them at the end of the others."""
        guild_id = _managed(interaction)
        await interaction.response.defer()
        await self._rules.add(guild_id, interaction.user.id, kind, texts)
        rules = await self._rules.all(guild_id)
        await interaction.edit_original_response(view=rules_card(rules, len(rules)).view)

    async def remove_rule(self, interaction: Interaction, rule_id: int, page: int) -> None:
        """Let go of a rule."""
        await self._rules.remove(_managed(interaction), rule_id)
        await self.show_rules(interaction, page)


def _managed(interaction: Interaction) -> int:
    """Return the id of the server that somebody manages. Raises NotAllowedError."""
    guild = guild_of(interaction)
    check_manages(interaction)
    return guild.id
