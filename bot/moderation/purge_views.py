"""The confirmation before all pictures of a member are removed."""

from typing import Any, Protocol

import discord
from discord import ui

from bot.core.i18n import _, ngettext
from bot.ui.cards import REFUSED, Card, card
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction


class Purges(Protocol):
    """Purges members: `bot.moderation.cog.Moderation`."""

    async def purged(self, interaction: Interaction, user_id: int, days: int) -> None:
        """Remove the pictures of a member; of all days if `days` is 0."""
        ...


class PurgeButton(
    PersistentItem[Purges], ui.DynamicItem[ui.Button[Any]], template=r"purge:(?P<user_id>\d+):(?P<days>\d+)"
):
    """Button that confirms the removal of a member's pictures of the last `days` days, 0 for all."""

    def __init__(self, user_id: int, days: int) -> None:
        self.user_id, self.days = user_id, days
        custom_id = self.custom_id_for(user_id=user_id, days=days)
        super().__init__(ui.Button(label=_("Remove them"), style=discord.ButtonStyle.danger, custom_id=custom_id))

    async def pressed(self, interaction: Interaction, controller: Purges) -> None:
        """Remove the pictures; see `Moderation.purged`."""
        await controller.purged(interaction, self.user_id, self.days)


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
