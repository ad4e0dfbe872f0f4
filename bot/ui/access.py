"""Access check: refuses blocked members, for commands and components alike."""

from typing import Any

import discord
from discord import ui

from bot.core.errors import UserError
from bot.core.i18n import set_language
from bot.ui.errors import answer_error
from bot.ui.host import Interaction


async def is_allowed(interaction: Interaction) -> bool:
    """Return whether the member of an interaction is not blocked; if they are, reply with the reason.

    Also sets the current language to the member's.
    """
    set_language(interaction.locale.value)
    try:
        await interaction.client.check_access(interaction.guild_id, interaction.user.id)
    except UserError as refusal:
        await answer_error(interaction, refusal)
        return False
    return True


class AccessCheck:
    """Mixin for views, modals and items: refuses blocked members, unless `for_blocked` is true."""

    for_blocked = False

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Return whether the interaction may continue; called by discord.ui before every callback."""
        return self.for_blocked or await is_allowed(interaction)


class Modal(AccessCheck, ui.Modal):
    """Base class of all modals; refuses blocked members."""


class View(AccessCheck, ui.LayoutView):
    """Base class of views whose components work only as long as the interaction's token is valid."""
