"""Requests to the makers of pictures for permission to make new pictures from them, and their answers."""

from collections.abc import Callable, Sequence
from datetime import datetime

import discord

from bot.consent.store import PermitStore
from bot.consent.views import permit_card, permitted_card
from bot.core.errors import NotAllowedError
from bot.core.i18n import _
from bot.creations.models import Creation
from bot.creations.store import CreationStore
from bot.platform.audiences import viewer_of
from bot.platform.languages import language_of_answer
from bot.ui.errors import beside_the_answer, send_alone
from bot.ui.host import Interaction
from bot.ui.interactions import gallery_of

# Largest number of requests per button press; the next press handles the other pictures.
MOST_AT_ONCE = 5


class Permits:
    """Controller of permission requests: posts one per picture and requester, which pings the picture's maker once."""

    def __init__(self, permits: PermitStore, creations: CreationStore, clock: Callable[[], datetime]) -> None:
        self._permits = permits
        self._creations = creations
        self._clock = clock

    async def ask(self, interaction: Interaction, creation_ids: Sequence[int]) -> None:
        """Ask the makers of up to five pictures, each in a new message, because an edit of the answer pings nobody.

        If a maker was asked before, send the member an ephemeral message with a link to that request. Raises UserError
        if the member may not see one of the pictures.
        """
        notices = []
        async with beside_the_answer(interaction):
            for creation_id in creation_ids[:MOST_AT_ONCE]:
                creation, _parameters = await self._creations.visible_creation(
                    gallery_of(interaction), creation_id, viewer_of(interaction)
                )
                if await self._permits.claim(creation_id, interaction.user.id, self._clock()):
                    await self._post(interaction, creation)
                else:
                    notices.append(await self._already_asked_notice(interaction, creation))
            if notices:
                await send_alone(interaction, "\n".join(notices))

    async def answer(self, interaction: Interaction, creation_id: int, user_id: int, *, is_allowed: bool) -> None:
        """Store the maker's answer to a request of `user_id` and show it in the request's message.

        Raises NotAllowedError if the member who answers is not the picture's maker.
        """
        creation, _parameters = await self._creations.visible_creation(
            gallery_of(interaction), creation_id, viewer_of(interaction)
        )
        if creation.user_id != interaction.user.id:
            raise NotAllowedError(_("Only the member who made this picture can answer that."))
        await self._permits.answer(creation_id, user_id, self._clock(), is_allowed=is_allowed)
        with language_of_answer(interaction):
            view = permitted_card(creation, user_id, is_allowed=is_allowed).view
        await interaction.response.edit_message(view=view)

    async def _post(self, interaction: Interaction, creation: Creation) -> None:
        user_id = interaction.user.id
        with language_of_answer(interaction):
            view = permit_card(creation, user_id).view
        maker = discord.AllowedMentions(users=[discord.Object(creation.user_id)])
        try:
            if interaction.response.is_done():
                message = await interaction.followup.send(view=view, allowed_mentions=maker, wait=True)
            else:
                await interaction.response.send_message(view=view, allowed_mentions=maker)
                message = await interaction.original_response()
        except discord.HTTPException:
            await self._permits.withdraw(creation.id, user_id)
            raise
        await self._permits.posted(creation.id, user_id, message.channel.id, message.id)

    async def _already_asked_notice(self, interaction: Interaction, creation: Creation) -> str:
        permits = await self._permits.of(interaction.user.id, [creation.id])
        permit = permits.get(creation.id)
        notice = _(
            "The maker of picture {number} has been asked; try again once they have allowed it.", number=creation.id
        )
        return f"{notice} {permit.link(creation.guild_id)}" if permit and permit.message_id else notice
