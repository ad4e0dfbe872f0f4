"""/moderation: what moderators do."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.answers import check_moderates, guild_of, is_moderator
from bot.errors import NotAllowedError
from bot.jobs.blocks import BlockDesk
from bot.jobs.removal import Purge
from bot.views.cards import left_card
from bot.views.purge import purge_card
from bot.words import say, say_count

Interaction = discord.Interaction[Any]

YEARS = 3650


@app_commands.default_permissions(manage_messages=True)
@app_commands.guild_only()
class Moderation(commands.GroupCog, group_name="moderation", group_description="For this server's moderators"):
    """Checks who asks; the rest is the desks'."""

    def __init__(self, blocks: BlockDesk, purge: Purge) -> None:
        super().__init__()
        self._purge = purge
        self._blocks = blocks

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Let only moderators go on, whatever the server's own overrides of the command say."""
        check_moderates(interaction)
        return True

    @app_commands.command(name="block", description="Let a member use me here no longer")
    @app_commands.describe(member="Whom", days="For how many days; for good where you say nothing", reason="Why")
    async def block(
        self,
        interaction: Interaction,
        member: discord.Member,
        days: app_commands.Range[int, 1, YEARS] = 0,
        reason: app_commands.Range[str, 0, 300] = "",
    ) -> None:
        """Block them."""
        _check_may_be_blocked(member)
        await interaction.response.defer(thinking=True, ephemeral=True)
        await self._blocks.block(guild_of(interaction).id, member.id, interaction.user.id, days, reason.strip())
        await interaction.edit_original_response(content=say("{member} is blocked here now.", member=member.mention))

    @app_commands.command(name="unblock", description="Let a member use me here again")
    @app_commands.describe(member="Whom")
    async def unblock(self, interaction: Interaction, member: discord.User) -> None:
        """Block them no longer."""
        await self._blocks.unblock(guild_of(interaction).id, member.id)
        text = say("{member} may use me here again.", member=member.mention)
        await interaction.response.send_message(text, ephemeral=True)

    @app_commands.command(name="purge", description="Remove all pictures of a member, after asking")
    @app_commands.describe(member="Whose", days="Of how many last days; all where you say nothing")
    async def purge(
        self, interaction: Interaction, member: discord.User, days: app_commands.Range[int, 1, YEARS] = 0
    ) -> None:
        """Ask."""
        count = len(await self._purge.pictures(guild_of(interaction).id, member.id, days))
        await interaction.response.send_message(view=purge_card(member.id, days, count).view, ephemeral=True)

    async def purged(self, interaction: Interaction, user_id: int, days: int) -> None:
        """Remove them, and say how many; their messages follow one after another."""
        check_moderates(interaction)
        await interaction.response.defer()
        creations = await self._purge.take(guild_of(interaction).id, user_id, days)
        text = say_count(
            "{count} picture is removed; its message follows.",
            "{count} pictures are removed; their messages follow.",
            count=len(creations),
        )
        await interaction.edit_original_response(view=left_card(text).view)
        await self._purge.put_messages_right(creations)


def _check_may_be_blocked(member: discord.Member) -> None:
    if member == member.guild.me:
        raise NotAllowedError(say("I can't block myself."))
    if is_moderator(member.guild_permissions):
        raise NotAllowedError(say("A moderator can't be blocked."))
