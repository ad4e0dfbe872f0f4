"""Rules of critiques: writing, marking as helpful, removing, and notifying the maker."""

import logging
from collections.abc import Collection
from dataclasses import replace

from bot.core.audience import Audience
from bot.core.errors import NotAllowedError, UserError
from bot.core.i18n import _
from bot.creations.models import Creation
from bot.creations.store import CreationStore
from bot.critiques.models import Critique, NewCritique
from bot.critiques.store import CritiqueStore
from bot.critiques.views import SHOWN, told_card
from bot.platform.discord_errors import UNREACHABLE
from bot.platform.languages import language_of_server
from bot.platform.members import direct_messages
from bot.settings.service import SettingsService
from bot.ui.host import Host

log = logging.getLogger(__name__)


class CritiqueService:
    """Checks the rules and stores critiques of a gallery's pictures."""

    def __init__(
        self, client: Host, critiques: CritiqueStore, creations: CreationStore, settings: SettingsService
    ) -> None:
        self._client = client
        self._critiques = critiques
        self._creations = creations
        self._settings = settings

    async def before(self, guild_id: int, creation_id: int, audience: Audience) -> NewCritique:
        """Return the member's critique of a picture, or an empty one.

        Raises NotAllowedError for their own picture, and UserError if they may not see the picture.
        """
        user_id = audience.user_id
        creation, _parameters = await self._creations.visible_creation(guild_id, creation_id, audience)
        if creation.user_id == user_id:
            raise NotAllowedError(_("That picture is yours; what others say of it stands under Details."))
        return await self._critiques.critique(creation_id, user_id) or NewCritique(creation_id, user_id, "", "")

    async def write(self, guild_id: int, new: NewCritique, audience: Audience) -> bool:
        """Store a critique; return False if it replaces an earlier one of the member.

        Raises UserError if both parts are empty, or as `before` does.
        """
        await self.before(guild_id, new.creation_id, audience)
        # One paragraph for each part, because empty lines would push the other critiques out of view.
        new = replace(new, works=" ".join(new.works.split()), better=" ".join(new.better.split()))
        if not (new.works or new.better):
            raise UserError(_("Write at least one of the two: what works, or what could be better."))
        return await self._critiques.write(guild_id, new)

    async def tell(self, guild_id: int, new: NewCritique, audience: Audience) -> None:
        """Send the picture's maker a direct message about a critique, if their preferences allow it.

        A message that cannot be delivered is logged.
        """
        creation, _parameters = await self._creations.visible_creation(guild_id, new.creation_id, audience)
        if not (await self._settings.preferences(creation.user_id)).critiques:
            return
        try:
            channel = await direct_messages(self._client, creation.user_id)
            with language_of_server(self._client, guild_id):
                await channel.send(**told_card(creation, new).as_message())
        except UNREACHABLE:
            log.warning(
                "%s could not be told of a critique of picture %s", creation.user_id, creation.id, exc_info=True
            )

    async def counts(self, creation_ids: Collection[int]) -> dict[int, int]:
        """Return the number of critiques by creation id, without the pictures that have none."""
        return await self._critiques.counts(creation_ids)

    async def page(
        self, guild_id: int, creation_id: int, page: int, audience: Audience
    ) -> tuple[Creation, list[Critique], bool]:
        """Return a picture, a page of its critiques, newest first, and whether another page follows.

        `page` counts from 0. Raises UserError if the audience may not see the picture.
        """
        creation, _parameters = await self._creations.visible_creation(guild_id, creation_id, audience)
        found = await self._critiques.newest(creation_id, page * SHOWN, SHOWN + 1)
        return creation, found[:SHOWN], len(found) > SHOWN

    async def toggle_helpful(self, guild_id: int, creation_id: int, critic_id: int, audience: Audience) -> None:
        """Toggle the helpful mark of a critique. Raises NotAllowedError unless the member made the picture."""
        creation, critique = await self._found(guild_id, creation_id, critic_id, audience)
        if creation.user_id != audience.user_id:
            raise NotAllowedError(_("Only the member who made this picture can say that."))
        await self._critiques.toggle_helpful(critique)

    async def remove(
        self, guild_id: int, creation_id: int, critic_id: int, audience: Audience, *, moderator: bool
    ) -> None:
        """Remove a critique. Raises NotAllowedError unless the member wrote it or is a moderator."""
        _creation, critique = await self._found(guild_id, creation_id, critic_id, audience)
        if critic_id != audience.user_id and not moderator:
            raise NotAllowedError(_("Only the member who wrote this, or a moderator, can remove it."))
        await self._critiques.remove(critique)

    async def _found(
        self, guild_id: int, creation_id: int, critic_id: int, audience: Audience
    ) -> tuple[Creation, Critique]:
        creation, _parameters = await self._creations.visible_creation(guild_id, creation_id, audience)
        critique = await self._critiques.critique(creation_id, critic_id)
        if critique is None:
            raise UserError(_("That critique was removed."))
        return creation, critique
