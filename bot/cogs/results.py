"""What the buttons and lists under a result do."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import discord

from bot.asked import new_seed
from bot.cogs.answers import placed
from bot.cogs.drafts import DraftCards
from bot.errors import UserError
from bot.gallery.creations import CreationStore
from bot.gallery.files import Files
from bot.jobs.studio import Studio
from bot.pictures import fit_upload
from bot.records import Creation
from bot.views.cards import left_card
from bot.views.details import creations_card
from bot.views.layout import Upload
from bot.views.menus import RemixModal
from bot.views.results import creation_card, removal_card

Interaction = discord.Interaction[Any]


class Results:
    """Does what members press under results; a new job's card is the answer."""

    def __init__(self, studio: Studio, cards: DraftCards, creations: CreationStore, files: Files) -> None:
        self._studio = studio
        self._cards = cards
        self._creations = creations
        self._files = files
        self._actions: dict[str, Callable[[Interaction, int], Awaitable[None]]] = {
            "remix": self.remix,
            "region": self._vary_region,
            "favourite": self._favourite,
            "details": self._details,
            "send": self._send,
            "remove": self._ask_to_remove,
        }

    async def go_on(self, interaction: Interaction, creation_id: int, action: str) -> None:
        """Do something with a picture: a name in this class, or in `bot.jobs.studio.Studio`."""
        if action in self._actions:
            await self._actions[action](interaction, creation_id)
            return
        place = await placed(interaction)
        await self._studio.go_on(interaction.user.id, place, creation_id, action)

    async def reroll(self, interaction: Interaction, job_id: int) -> None:
        """Do a job once more."""
        place = await placed(interaction)
        await self._studio.reroll(interaction.user.id, place, job_id)

    async def show(self, interaction: Interaction, creation_id: int, *, ephemeral: bool = True) -> None:
        """Show one picture with all that one can do with it."""
        creation = await self._creation(interaction, creation_id)
        await interaction.response.defer(thinking=True, ephemeral=ephemeral)
        card = creation_card(creation, await self._file(interaction, creation))
        await interaction.edit_original_response(**card.as_edit())

    async def remix(self, interaction: Interaction, creation_id: int) -> None:
        """Ask for other words, and paint the picture anew."""
        before = await self._studio.before_remix(interaction.guild_id or 0, creation_id)

        async def begin(interaction: Interaction, prompt: str, negative_prompt: str, strength: float) -> None:
            words = (prompt, negative_prompt, strength)
            await self._studio.remix(interaction.user.id, await placed(interaction), creation_id, *words)

        await interaction.response.send_modal(RemixModal(before, begin))

    async def remove(self, interaction: Interaction, creation_id: int) -> None:
        """Remove a picture, for its maker or a moderator."""
        await interaction.response.defer()
        moderator = interaction.permissions.manage_messages
        guild_id, user_id = interaction.guild_id or 0, interaction.user.id
        await self._studio.remove(guild_id, creation_id, user_id, moderator=moderator)
        await interaction.edit_original_response(view=left_card("Deleted.").view)

    async def _ask_to_remove(self, interaction: Interaction, creation_id: int) -> None:
        creation = await self._creation(interaction, creation_id)
        self._studio.check_may_remove(creation, interaction.user.id, moderator=interaction.permissions.manage_messages)
        await interaction.response.send_message(view=removal_card(creation).view, ephemeral=True)

    async def _vary_region(self, interaction: Interaction, creation_id: int) -> None:
        creation, before = await self._studio.creation(interaction.guild_id or 0, creation_id)
        parameters = replace(before, seed=new_seed(), strength=1.0, num_images=1, width=0, height=0)
        await self._cards.begin_from(interaction, parameters, creation)

    async def _favourite(self, interaction: Interaction, creation_id: int) -> None:
        creation = await self._creation(interaction, creation_id)
        is_one = await self._creations.toggle_favourite(interaction.user.id, creation.id)
        text = "One of your favourites now." if is_one else "No longer one of your favourites."
        await interaction.response.send_message(text, ephemeral=True)

    async def _details(self, interaction: Interaction, creation_id: int) -> None:
        made = await self._studio.creation(interaction.guild_id or 0, creation_id)
        card = creations_card([made], await self._creations.family(made[0]))
        await interaction.response.send_message(view=card.view, ephemeral=True)

    async def _send(self, interaction: Interaction, creation_id: int) -> None:
        creation = await self._creation(interaction, creation_id)
        await interaction.response.defer(thinking=True, ephemeral=True)
        try:
            file = await self._file(interaction, creation)
            await interaction.user.send(file=discord.File(io.BytesIO(file.data), file.filename))
        except discord.Forbidden as error:
            raise UserError("You take no direct messages from me; allow them in your settings.") from error
        await interaction.edit_original_response(content="Sent to you.")

    async def _creation(self, interaction: Interaction, creation_id: int) -> Creation:
        creation, _ = await self._studio.creation(interaction.guild_id or 0, creation_id)
        return creation

    async def _file(self, interaction: Interaction, creation: Creation) -> Upload:
        png = await self._files.get(creation.file_key)
        data, suffix = await asyncio.to_thread(fit_upload, png, interaction.filesize_limit)
        return Upload(f"atelier-{creation.id}.{suffix}", data, f"Picture {creation.id}")
