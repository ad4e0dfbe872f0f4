"""Actions of the buttons and select menus under a result."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import replace

import discord

from bot.core.errors import UserError
from bot.core.i18n import _
from bot.core.text import checked_prompt
from bot.creations.models import Creation, Family
from bot.creations.removal import check_may_remove
from bot.creations.store import Made
from bot.creations.uploads import upload
from bot.critiques.controller import Critiques
from bot.drafts.controller import DraftCards
from bot.jobs.result_views import creation_card, removal_card
from bot.kernel import Kernel
from bot.platform.audiences import readers_of, viewer_of
from bot.platform.languages import language_of_answer
from bot.studio.details_views import creations_card
from bot.studio.family_tree import Portrait, draw_family
from bot.studio.modals import RemixForm, RemixModal
from bot.studio.service import Studio, again
from bot.styles.models import Style
from bot.styles.service import NONE
from bot.ui.cards import Upload
from bot.ui.host import Interaction
from bot.ui.interactions import check_moderates, gallery_of, guild_of, is_moderator, placed
from bot.ui.modals import WordsModal
from bot.ui.text import left_card
from engine.api.messages import GenerationParameters

PictureAction = Callable[[Interaction, int], Awaitable[None]]

# Actions that need no consent of the picture's maker, whatever their preferences.
FREE = ("favourite", "critique", "critiques", "challenge", "details", "alike", "send", "report", "remove")


class Results:
    """Runs the actions under results; an action that submits a job is answered with the job's card."""

    def __init__(self, kernel: Kernel, studio: Studio, cards: DraftCards, critiques: Critiques) -> None:
        self._studio = studio
        self._cards = cards
        self._critiques = critiques
        self._styles = kernel.styles
        self._creations = kernel.creations
        self._lineage = kernel.lineage
        self._files = kernel.files
        self._removals = kernel.removals
        self._removal = kernel.removal
        self._kept_out = kernel.kept_out
        self._given = kernel.given
        self._actions: dict[str, PictureAction] = {
            "remix": self._remix,
            "region": self._vary_region,
            "custom": self._zoom,
            "style": self._in_its_style,
            "favourite": self._favourite,
            "details": self._details,
            "send": self._send,
            "remove": self._ask_to_remove,
        }

    def add_action(self, name: str, act: PictureAction) -> None:
        """Add an action of another feature; `name` is one of `bot.jobs.result_views.GO_ON`."""
        self._actions[name] = act

    async def go_on(self, interaction: Interaction, creation_id: int, action: str) -> None:
        """Run an action on a picture: one of `self._actions`, or else one of `bot.studio.service.Studio.go_on`.

        Raises UserError if the member may not see the picture, or may not go on from it.
        """
        creation, _parameters = await self._made(interaction, creation_id)
        if action not in FREE:
            await self._studio.check_sources(interaction.user.id, creation, readers_of(interaction))
        if action in self._actions:
            await self._actions[action](interaction, creation_id)
        else:
            place = await placed(interaction)
            await self._studio.go_on(interaction.user.id, place, creation_id, action)

    async def reroll(self, interaction: Interaction, job_id: int) -> None:
        """Submit a job again with a new seed; see `Studio.reroll`."""
        place = await placed(interaction)
        await self._studio.reroll(interaction.user.id, place, job_id)

    async def show(self, interaction: Interaction, creation_id: int, *, ephemeral: bool = True) -> None:
        """Send a picture with its actions; one that is not `ephemeral` is recorded, so that a removal reaches it."""
        audience = viewer_of(interaction) if ephemeral else readers_of(interaction)
        creation, _parameters = await self._creations.visible_creation(gallery_of(interaction), creation_id, audience)
        await interaction.response.defer(thinking=True, ephemeral=ephemeral)
        with nullcontext() if ephemeral else language_of_answer(interaction):
            card = creation_card(creation, await self._file(interaction, creation))
        message = await interaction.edit_original_response(**card.as_edit())
        if not ephemeral:
            await self._removals.take_note(message.id, message.channel.id, creation_id)

    async def check_sources(self, interaction: Interaction, creation_id: int) -> None:
        """Raise UserError if the member may not go on from a picture, or has to ask its maker first."""
        creation, _parameters = await self._made(interaction, creation_id)
        await self._studio.check_sources(interaction.user.id, creation, readers_of(interaction))

    async def wished(
        self, interaction: Interaction, before: GenerationParameters, form: RemixForm
    ) -> tuple[GenerationParameters, Style]:
        """Return the parameters of a remix from its form, and its style or NO_STYLE. Raises UserError."""
        words = {"prompt": checked_prompt(form.prompt), "negative_prompt": form.negative_prompt.strip()}
        parameters = replace(before, strength=form.strength, **words)
        style = form.style or NONE
        return await self._styles.apply(gallery_of(interaction), interaction.user.id, style, parameters)

    async def remove(self, interaction: Interaction, creation_id: int) -> None:
        """Remove a picture everywhere. Raises NotAllowedError unless the member made it or may manage messages."""
        await interaction.response.defer()
        moderator = interaction.permissions.manage_messages
        await self._removal.remove_as(gallery_of(interaction), creation_id, interaction.user.id, moderator=moderator)
        await interaction.edit_original_response(view=left_card(_("Deleted.")).view)

    async def keep_out(self, interaction: Interaction, creation_id: int) -> None:
        """Remove a picture and reject copies of it in this server from now on.

        Raises NotAllowedError if the member is no moderator, and UserError in direct messages.
        """
        check_moderates(interaction)
        guild_of(interaction)
        creation, _parameters = await self._made(interaction, creation_id)
        await interaction.response.defer()
        await self._kept_out.keep_out(creation, interaction.user.id)
        await self._removal.remove_as(creation.guild_id, creation_id, interaction.user.id, moderator=True)
        text = _("Deleted, and kept out from now on; `/moderation kept-out` shows the list.")
        await interaction.edit_original_response(view=left_card(text).view)

    async def _remix(self, interaction: Interaction, creation_id: int) -> None:
        before = await self._studio.before_remix(gallery_of(interaction), creation_id, viewer_of(interaction))

        async def begin(interaction: Interaction, form: RemixForm) -> None:
            parameters, style = await self.wished(interaction, before, form)
            place = await placed(interaction)
            image_key, source_ids = "", ()
            if form.picture:
                given = await self._given.read(interaction, form.picture)
                image_key, source_ids = await self._files.put_picture(given.image), given.source_ids
            await self._studio.remix(interaction.user.id, place, creation_id, parameters, image_key, style, source_ids)

        await interaction.response.send_modal(RemixModal(before, begin))

    async def _zoom(self, interaction: Interaction, creation_id: int) -> None:
        async def begin(interaction: Interaction, factor: str) -> None:
            try:
                times = float(factor.replace(",", "."))
            except ValueError as error:
                raise UserError(
                    _("“{factor}” is no number; write how many times as wide, such as 1.8.", factor=factor)
                ) from error
            place = await placed(interaction)
            await self._studio.zoom(interaction.user.id, place, creation_id, times)

        modal = WordsModal(_("Zoom out"), _("How many times as wide and high"), "1.8", begin)
        await interaction.response.send_modal(modal)

    async def _in_its_style(self, interaction: Interaction, creation_id: int) -> None:
        async def begin(interaction: Interaction, prompt: str) -> None:
            place = await placed(interaction)
            await self._studio.in_style_of(interaction.user.id, place, creation_id, prompt)

        modal = WordsModal(_("Style from this"), _("What to paint in its style"), "", begin)
        await interaction.response.send_modal(modal)

    async def _ask_to_remove(self, interaction: Interaction, creation_id: int) -> None:
        creation, _parameters = await self._made(interaction, creation_id)
        check_may_remove(creation, interaction.user.id, moderator=interaction.permissions.manage_messages)
        may_keep_out = interaction.guild is not None and is_moderator(interaction.permissions)
        view = removal_card(creation, may_keep_out=may_keep_out).view
        await interaction.response.send_message(view=view, ephemeral=True)

    async def _vary_region(self, interaction: Interaction, creation_id: int) -> None:
        creation, before = await self._made(interaction, creation_id)
        await self._cards.begin_from(interaction, again(before), creation)

    async def _favourite(self, interaction: Interaction, creation_id: int) -> None:
        is_one = await self._creations.toggle_favourite(interaction.user.id, creation_id)
        text = _("One of your favourites now.") if is_one else _("No longer one of your favourites.")
        await interaction.response.send_message(text, ephemeral=True)

    async def _details(self, interaction: Interaction, creation_id: int) -> None:
        made = await self._made(interaction, creation_id)
        await interaction.response.defer(thinking=True, ephemeral=True)
        family = await self._lineage.family(made[0], viewer_of(interaction))
        critiques = await self._critiques.counts([creation_id])
        card = creations_card([made], family, await self._family_png(family), critiques)
        await interaction.edit_original_response(**card.as_edit())

    async def _family_png(self, family: Family) -> bytes | None:
        """Return a PNG of the family tree, or None if the picture has neither ancestors nor children."""
        if not (family.ancestors or family.children):
            return None

        async def portrait(creation: Creation) -> Portrait:
            file = await self._files.get(creation.file_key) if creation.is_shown else None
            return Portrait(creation.id, file)

        ancestors = [await portrait(each) for each in family.ancestors]
        children = [await portrait(each) for each in family.children]
        return await asyncio.to_thread(draw_family, ancestors, await portrait(family.creation), children)

    async def _send(self, interaction: Interaction, creation_id: int) -> None:
        # Direct messages have no age gate, so age-restricted pictures are not sent there.
        audience = replace(viewer_of(interaction), is_adult=False)
        creation, _parameters = await self._creations.visible_creation(gallery_of(interaction), creation_id, audience)
        await interaction.response.defer(thinking=True, ephemeral=True)
        try:
            file = await self._file(interaction, creation)
            message = await interaction.user.send(
                file=discord.File(io.BytesIO(file.data), file.filename, spoiler=file.is_spoiler)
            )
        except discord.Forbidden as error:
            raise UserError(_("You take no direct messages from me; allow them in your settings.")) from error
        await self._removals.take_note(message.id, message.channel.id, creation_id)
        await interaction.edit_original_response(content=_("Sent to you."))

    async def _made(self, interaction: Interaction, creation_id: int) -> Made:
        return await self._creations.visible_creation(gallery_of(interaction), creation_id, viewer_of(interaction))

    async def _file(self, interaction: Interaction, creation: Creation) -> Upload:
        description = _("Picture {number}", number=creation.id)
        return await upload(self._files, creation, description, interaction.filesize_limit)
