"""The confirmation before all pictures of a member are removed."""

from typing import Any

import discord
from discord import ui

from bot.core.i18n import _, ngettext
from bot.ui.cards import REFUSED, Card, card
from bot.ui.dynamic_items import PersistentItem


class PurgeButton(PersistentItem, ui.DynamicItem[ui.Button[Any]], template=r"purge:(?P<user_id>\d+):(?P<days>\d+)"):
    """Button that confirms the removal of a member's pictures of the last `days` days, 0 for all."""

    def __init__(self, user_id: int, days: int) -> None:
        self.user_id, self.days = user_id, days
        custom_id = f"purge:{user_id}:{days}"
        super().__init__(ui.Button(label=_("Remove them"), style=discord.ButtonStyle.danger, custom_id=custom_id))

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Remove the pictures; see `Moderation.purged`."""
        await interaction.client.moderation.purged(interaction, self.user_id, self.days)


def purge_card(user_id: int, days: int, count: int) -> Card:
    """Return the card that asks for confirmation, or says that the member has no pictures."""
    member = f"<@{user_id}>"
    if not count:
        return card(REFUSED, _("{member} has no pictures here.", member=member))
    text = ngettext(
        "Remove {count} picture of {member} from this server, everywhere and for good?",
        "Remove {count} pictures of {member} from this server, everywhere and for good?",
        count=count,
        member=member,
    )
    return card(REFUSED, text, ui.ActionRow[Any](PurgeButton(user_id, days)))
