"""The /settings command, and the controls of its cards."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.core.errors import UserError
from bot.core.i18n import _
from bot.jobs.service import JobService
from bot.panels import limits_views as limits
from bot.panels.settings_views import Choosable, server_card, settings_card
from bot.settings.service import SettingsService
from bot.styles.service import StyleService
from bot.ui.host import Interaction
from bot.ui.interactions import ChosenChannel, check_manages, gallery_of
from bot.ui.modals import WordsModal
from engine.api.client import Engine
from engine.api.messages import Ready

POSTING = discord.Permissions(view_channel=True, send_messages=True, attach_files=True)
NUMBERS = ("count", "jobs_a_member", "showcase_from", *limits.NUMBERS)
MOST_PICTURES = 9999


class SettingsPanels(commands.Cog):
    """Shows the cards with settings and limits, and stores the choices made on them."""

    def __init__(self, settings: SettingsService, styles: StyleService, jobs: JobService, engine: Engine) -> None:
        self._settings = settings
        self._styles = styles
        self._jobs = jobs
        self._engine = engine

    @app_commands.command(name="settings", description="How you like it")
    async def settings(self, interaction: Interaction) -> None:
        """Show the member's own settings, ephemerally."""
        await interaction.response.send_message(view=await self._member_view(interaction), ephemeral=True)

    async def toggle(self, interaction: Interaction, name: str) -> None:
        """Toggle one of the member's own settings, and redraw the card."""
        await self._settings.toggle(interaction.user.id, name)
        await interaction.response.edit_message(view=await self._member_view(interaction))

    async def choose(self, interaction: Interaction, scope: str, name: str, value: str) -> None:
        """Store a choice for the member (`scope` "me") or for the server ("all"), and redraw the card.

        An empty `value` resets the setting. Raises NotAllowedError if the member may not manage the server.
        """
        chosen = {name: int(value or 0) if name in NUMBERS else value}
        if scope == "me":
            await self._settings.prefer(interaction.user.id, **chosen)
            await interaction.response.edit_message(view=await self._member_view(interaction))
            return
        choose = self.choose_limit if name in limits.NUMBERS else self._choose_for_server
        await choose(interaction, **chosen)

    async def choose_emojis(self, interaction: Interaction, emojis: tuple[str, ...]) -> None:
        """Store the emojis that count as likes in a server."""
        await self._choose_for_server(interaction, emojis=emojis)

    async def choose_channel(self, interaction: Interaction, name: str, channel: ChosenChannel | None) -> None:
        """Store the channel of the showcase or digest (`name`), or none.

        Raises UserError if the bot may not post pictures in it.
        """
        found = channel.resolve() if channel else None
        if channel and (found is None or not found.permissions_for(found.guild.me) >= POSTING):
            raise UserError(_("I may not post pictures in that channel; choose another, or give me the permission."))
        await self._choose_for_server(interaction, **{f"{name}_channel_id": channel.id if channel else 0})

    async def _choose_for_server(self, interaction: Interaction, **values: Any) -> None:
        check_manages(interaction)
        await self._settings.choose(gallery_of(interaction), **values)
        await interaction.response.edit_message(view=await self._server_view(interaction))

    async def choose_limit(self, interaction: Interaction, **values: Any) -> None:
        """Store limits of the server, and redraw the card. Raises NotAllowedError without Manage Server."""
        check_manages(interaction)
        await self._settings.choose(gallery_of(interaction), **values)
        await interaction.response.edit_message(view=await self._limits_view(interaction))

    async def ask_role_quota(self, interaction: Interaction, role: discord.Role) -> None:
        """Open the modal for a role's number of pictures a day, and store the answer; 0 removes the role's quota."""
        check_manages(interaction)

        async def submit(interaction: Interaction, answer: str) -> None:
            check_manages(interaction)
            await self._settings.give_quota(gallery_of(interaction), role.id, _number(answer), limits.MOST)
            await interaction.response.edit_message(view=await self._limits_view(interaction))

        question = _("Pictures a day; 0 for as many as others have")
        await interaction.response.send_modal(WordsModal(role.name[:45], question, "20", submit))

    async def show_limits(self, interaction: Interaction) -> None:
        """Show the server's limits and today's use, ephemerally. Raises NotAllowedError without Manage Server."""
        check_manages(interaction)
        await interaction.response.send_message(view=await self._limits_view(interaction), ephemeral=True)

    async def show_server(self, interaction: Interaction) -> None:
        """Show the server's settings, ephemerally. Raises NotAllowedError without Manage Server."""
        check_manages(interaction)
        await interaction.response.send_message(view=await self._server_view(interaction), ephemeral=True)

    async def _member_view(self, interaction: Interaction) -> discord.ui.LayoutView:
        preferences = await self._settings.preferences(interaction.user.id)
        is_manager = interaction.guild_id is not None and interaction.permissions.manage_guild
        return settings_card(preferences, await self._choosable(interaction), manager=is_manager).view

    async def _server_view(self, interaction: Interaction) -> discord.ui.LayoutView:
        settings = await self._settings.of_guild(gallery_of(interaction))
        return server_card(settings, await self._choosable(interaction), self._jobs.jobs_a_member).view

    async def _limits_view(self, interaction: Interaction) -> discord.ui.LayoutView:
        guild_id = gallery_of(interaction)
        use = await self._jobs.limits.server_use(guild_id)
        return limits.limits_card(await self._settings.of_guild(guild_id), use).view

    async def _choosable(self, interaction: Interaction) -> Choosable:
        state = self._engine.state
        styles = await self._styles.all(gallery_of(interaction), interaction.user.id)
        return Choosable(state.models if isinstance(state, Ready) else (), [style.name for style in styles])


def _number(text: str) -> int:
    if not text.strip().isdecimal() or int(text) > MOST_PICTURES:
        raise UserError(_("“{text}” is no number from 0 to {most}.", text=text.strip()[:20], most=MOST_PICTURES))
    return int(text)
