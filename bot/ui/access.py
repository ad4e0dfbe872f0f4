"""The one place at which blocked members are turned away, whatever they use or press."""

from typing import Any

import discord
from discord import ui

from bot.core.errors import UserError
from bot.core.i18n import set_language
from bot.ui.errors import answer_error
from bot.ui.host import Interaction


async def is_allowed(interaction: Interaction) -> bool:
    """Return whether a member may go on; tell those who are blocked why they may not."""
    set_language(interaction.locale.value)
    try:
        await interaction.client.check_access(interaction.guild_id, interaction.user.id)
    except UserError as refusal:
        await answer_error(interaction, refusal)
        return False
    return True


class AccessCheck:
    """For all that can be pressed: blocked members get no further, unless it is `for_blocked` too."""

    for_blocked = False

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """See discord.ui."""
        return self.for_blocked or await is_allowed(interaction)


class Modal(AccessCheck, ui.Modal):
    """Asks for something."""


class View(AccessCheck, ui.LayoutView):
    """A message whose buttons live as long as the interaction's token."""
