"""Drafts in Discord: creating one, the actions of its buttons, and submitting it as a job."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import discord
from PIL import Image

from bot.core.errors import MaskError, UserError
from bot.core.i18n import _
from bot.core.message_ref import MessageRef
from bot.creations.given_pictures import GivenPictures
from bot.creations.models import Creation
from bot.database.file_store import FileStore
from bot.drafts.modals import RewordModal, SayModal
from bot.drafts.models import Draft
from bot.drafts.region_finder import RegionFinder
from bot.drafts.service import DraftService, growth
from bot.drafts.views import draft_card, pick_card
from bot.imaging.mask_editing import cell_centre, cells_mask, grown, inverted
from bot.imaging.masks import Region, region_from_hole, region_from_mask
from bot.jobs.views import accepted_card
from bot.platform.languages import language_of_answer
from bot.settings.service import SettingsService
from bot.styles.models import NO_STYLE, Style
from bot.ui.attachments import download
from bot.ui.cards import Card
from bot.ui.host import Interaction
from bot.ui.interactions import place_of, placed
from bot.ui.text import left_card
from engine.api.messages import GenerationParameters

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A member's choice of the region: a mask picture, words, or neither; `invert` repaints the rest instead.

    False if it has neither mask nor words.
    """

    mask: discord.Attachment | None = None
    words: str | None = None
    invert: bool = False

    def __bool__(self) -> bool:
        return self.mask is not None or self.words is not None


class DraftCards:
    """Controller of drafts: posts their cards and runs the actions of their buttons, selects and modals."""

    def __init__(
        self,
        client: discord.Client,
        drafts: DraftService,
        region_finder: RegionFinder,
        settings: SettingsService,
        files: FileStore,
        given: GivenPictures,
    ) -> None:
        self._given_pictures = given
        self._client = client
        self._drafts = drafts
        self._region_finder = region_finder
        self._settings = settings
        self._files = files
        self._actions: dict[str, Callable[[Interaction, Draft], Awaitable[None]]] = {
            "go": self._submit,
            "show": self._show,
            "pick": partial(self._show, grid=True),
            "grow": partial(self._grow, sign=1),
            "shrink": partial(self._grow, sign=-1),
            "invert": self._invert,
            "feather": self._feather,
            "discard": self._discard,
        }

    async def begin(
        self,
        interaction: Interaction,
        parameters: GenerationParameters,
        picture: discord.Attachment,
        chosen: Chosen,
        style: Style = NO_STYLE,
        parent_id: int | None = None,
    ) -> None:
        """Show a new draft in an ephemeral message.

        If the member has turned previews off and chosen a region, submit the draft at once instead. `parent_id` is the
        creation that the picture shows, if it was taken from a message of the bot. Raises UserError as
        `DraftService.begin` does.
        """
        preferences = await self._settings.preferences(interaction.user.id)
        if chosen and not preferences.preview:
            await self.paint_at_once(interaction, parameters, picture, chosen, style, parent_id)
            return
        draft = await self._create_draft(interaction, parameters, picture, chosen, style, parent_id, ephemeral=True)
        await interaction.edit_original_response(**(await self._make_card(draft)).as_edit())

    async def begin_from(self, interaction: Interaction, parameters: GenerationParameters, creation: Creation) -> None:
        """Show a new draft of a picture of the gallery, without a region, in an ephemeral message."""
        place = await placed(interaction, ephemeral=True)
        image = await self._files.picture(creation.file_key)
        draft = await self._drafts.begin(interaction.user.id, place, parameters, image, None, creation.id)
        await interaction.edit_original_response(**(await self._make_card(draft)).as_edit())

    async def paint_at_once(
        self,
        interaction: Interaction,
        parameters: GenerationParameters,
        picture: discord.Attachment,
        chosen: Chosen,
        style: Style = NO_STYLE,
        parent_id: int | None = None,
    ) -> None:
        """Submit a draft without a preview; the public answer to the interaction shows its job.

        Raises MaskError if no region results from `chosen`, and UserError if the job is refused.
        """
        draft = await self._create_draft(interaction, parameters, picture, chosen, style, parent_id, ephemeral=False)

        async def shown() -> MessageRef:
            return draft.place

        await self._drafts.hand_in(draft, shown)

    async def _create_draft(
        self,
        interaction: Interaction,
        parameters: GenerationParameters,
        picture: discord.Attachment,
        chosen: Chosen,
        style: Style,
        parent_id: int | None,
        *,
        ephemeral: bool,
    ) -> Draft:
        place = await placed(interaction, ephemeral=ephemeral)
        file = await self._given_pictures.read(interaction, picture)
        image = file.image
        try:
            region = await self.region(image, chosen)
        except MaskError as error:
            if not ephemeral:
                raise
            # The card shows the error, and its buttons offer other ways to choose a region.
            region = Region(Image.new("L", image.size, 0), str(error))
        member_id, sources = interaction.user.id, file.source_ids
        return await self._drafts.begin(member_id, place, parameters, image, region, parent_id, style, sources)

    async def region(self, image: Any, chosen: Chosen) -> Region | None:
        """Return the chosen region of a picture, or None if none was chosen.

        Without mask and words, the transparent part of an RGBA picture is the region. Raises MaskError if the mask or
        the words can't be used.
        """
        if chosen.mask is not None:
            drawn = await download(chosen.mask)
            return await asyncio.to_thread(region_from_mask, drawn, image, chosen.invert)
        if chosen.words is not None:
            return await self._region_finder.by_words(image, chosen.words, chosen.invert)
        if image.mode == "RGBA":
            return await asyncio.to_thread(region_from_hole, image, chosen.invert)
        return None

    async def press(self, interaction: Interaction, draft_id: int, action: str) -> None:
        """Run the action of a button, or open the modal for "reword" and "say".

        Raises UserError if the draft is gone or the action is unknown, and NotAllowedError if the draft is another
        member's.
        """
        draft = await self._drafts.draft(draft_id, interaction.user.id)
        if action in ("reword", "say"):
            await interaction.response.send_modal(
                RewordModal(draft, self) if action == "reword" else SayModal(draft, self)
            )
            return
        if action not in self._actions:
            raise UserError(_("That button is from another time; start anew with /inpaint."))
        await interaction.response.defer()
        await self._actions[action](interaction, draft)

    async def pick_cells(self, interaction: Interaction, draft_id: int, cells: list[int]) -> None:
        """Set the region to cells of the grid, counted from 1, row by row."""
        draft = await self._defer_and_load(interaction, draft_id)
        size = (await self._files.picture(draft.image_key)).size
        mask = await asyncio.to_thread(cells_mask, size, cells)
        await self._show(interaction, await self._drafts.choose(draft, Region(mask)))

    async def pick_thing(self, interaction: Interaction, draft_id: int, cell: int) -> None:
        """Set the region to the thing at the centre of a cell of the grid. Raises MaskError if there is none."""
        draft = await self._defer_and_load(interaction, draft_id)
        region = await self._region_finder.at(await self._files.picture(draft.image_key), cell_centre(cell))
        await self._show(interaction, await self._drafts.choose(draft, region))

    async def reword(self, interaction: Interaction, draft_id: int, prompt: str, negative_prompt: str) -> None:
        """Replace the prompt and the negative prompt of a draft. Raises UserError as `DraftService.reword` does."""
        draft = await self._defer_and_load(interaction, draft_id)
        await self._show(interaction, await self._drafts.reword(draft, prompt, negative_prompt))

    async def say(self, interaction: Interaction, draft_id: int, words: str, mask: discord.Attachment | None) -> None:
        """Set the region from words or an uploaded mask; the mask takes precedence.

        Raises MaskError if both are missing or no region results.
        """
        draft = await self._defer_and_load(interaction, draft_id)
        if mask is None and not words.strip():
            raise MaskError(_("You said nothing; name a place or a thing, or add a mask."))
        chosen = Chosen(mask, words=None if mask else words)
        region = await self.region(await self._files.picture(draft.image_key), chosen)
        assert region is not None  # noqa: S101 - there is a mask or words
        await self._show(interaction, await self._drafts.choose(draft, region))

    async def painted(self, draft: Draft) -> None:
        """Update the draft's card after its region was painted on the painter's page."""
        if self._client.application_id is None:
            return
        webhook = discord.Webhook.partial(
            self._client.application_id, draft.place.interaction_token, client=self._client
        )
        try:
            await webhook.edit_message(draft.place.message_id, **(await self._make_card(draft)).as_edit())
        except discord.HTTPException:
            log.warning("draft %s: its card could not be edited; the next button press does", draft.id, exc_info=True)

    async def _defer_and_load(self, interaction: Interaction, draft_id: int) -> Draft:
        await interaction.response.defer()
        return await self._drafts.draft(draft_id, interaction.user.id)

    async def _make_card(self, draft: Draft) -> Card:
        return draft_card(draft, await self._drafts.sketch(draft))

    async def _show(self, interaction: Interaction, draft: Draft, grid: bool = False) -> None:
        message_id = interaction.message.id if interaction.message else draft.place.message_id
        place = replace(draft.place, message_id=message_id, interaction_token=interaction.token)
        draft = await self._drafts.show_in(draft, place)
        card = pick_card(draft, await self._drafts.sketch(draft, grid=True)) if grid else await self._make_card(draft)
        await interaction.edit_original_response(**card.as_edit())

    async def _grow(self, interaction: Interaction, draft: Draft, sign: int) -> None:
        def change(mask: Any) -> Any:
            return grown(mask, sign * growth(mask.size))

        await self._show(interaction, await self._drafts.reshape(draft, change))

    async def _invert(self, interaction: Interaction, draft: Draft) -> None:
        await self._show(interaction, await self._drafts.reshape(draft, inverted))

    async def _feather(self, interaction: Interaction, draft: Draft) -> None:
        await self._show(interaction, await self._drafts.feather(draft))

    async def _discard(self, interaction: Interaction, draft: Draft) -> None:
        await self._drafts.discard(draft)
        await interaction.edit_original_response(**left_card(_("Discarded. Nothing was painted.")).as_edit())

    async def _submit(self, interaction: Interaction, draft: Draft) -> None:
        place = place_of(interaction, draft.place.message_id)
        shown: list[discord.WebhookMessage] = []

        async def show() -> MessageRef:
            with language_of_answer(interaction):
                view = accepted_card(draft.parameters.prompt).view
            shown.append(await interaction.followup.send(view=view, wait=True))
            return replace(place, message_id=shown[0].id)

        try:
            await self._drafts.hand_in(replace(draft, place=place), show)
        except UserError:
            # Two concurrent submissions may both pass the check of the limits before one of them is accepted.
            for message in shown:
                await message.delete()
            raise
        await interaction.edit_original_response(**left_card(_("Handed in; look below.")).as_edit())
