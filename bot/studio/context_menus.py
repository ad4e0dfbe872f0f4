"""Context menus of messages with pictures: Repaint a region, Remix, Details and Report."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

import discord
from discord import app_commands

from bot.core.errors import PictureError, UserError
from bot.core.i18n import N_, _
from bot.core.text import checked_prompt
from bot.creations.store import CreationStore
from bot.critiques.controller import Critiques
from bot.drafts.controller import Chosen, DraftCards
from bot.imaging.images import parameters_text
from bot.moderation.controller import Cases
from bot.platform.audiences import viewer_of
from bot.prompting.parameters import GUIDANCE_SCALE, STEPS, new_seed
from bot.studio.details_views import creations_card, parameters_card
from bot.studio.modals import RemixForm, RemixModal, RepaintModal, pictures_card
from bot.studio.picture_actions import Results
from bot.studio.service import REMIXED
from bot.ui.attachments import download_bytes
from bot.ui.host import Interaction
from bot.ui.interactions import gallery_of
from engine.api.messages import GenerationParameters

WithPicture = Callable[[Interaction, discord.Attachment], Awaitable[None]]

# Matches the file names set in `bot.creations.uploads` and, for thumbnails, in `bot.gallery.cog`.
CREATION_FILE = re.compile(r"(?:SPOILER_)?(?:atelier|picture)-(\d+)\.")
WHOLE_PICTURE = Chosen(words="everything")


class Menus:
    """The message context menus; `commands` are those that the client adds to its tree."""

    def __init__(
        self, cards: DraftCards, results: Results, creations: CreationStore, critiques: Critiques, cases: Cases
    ) -> None:
        self._cards = cards
        self._results = results
        self._creations = creations
        self._critiques = critiques
        self._cases = cases
        self.commands = tuple(
            app_commands.ContextMenu(name=name, callback=callback)
            for name, callback in (
                (N_("Repaint a region"), self._repaint),
                (N_("Remix"), self._remix),
                (N_("Details"), self._details),
                (N_("Report"), self._report),
            )
        )

    async def _repaint(self, interaction: Interaction, message: discord.Message) -> None:
        async def open_modal(interaction: Interaction, picture: discord.Attachment) -> None:
            creation_id = _creation_id_of(interaction, message, picture)
            if creation_id is not None:
                await self._results.check_sources(interaction, creation_id)

            async def begin(interaction: Interaction, prompt: str, words: str) -> None:
                parameters = replace(_new_parameters(), prompt=checked_prompt(prompt))
                chosen = Chosen(words=words.strip() or None)
                await self._cards.begin(interaction, parameters, picture, chosen, parent_id=creation_id)

            await interaction.response.send_modal(RepaintModal(begin))

        await _with_one_picture(interaction, message, open_modal)

    async def _remix(self, interaction: Interaction, message: discord.Message) -> None:
        async def open_modal(interaction: Interaction, picture: discord.Attachment) -> None:
            creation_id = _creation_id_of(interaction, message, picture)
            if creation_id is not None:
                await self._results.go_on(interaction, creation_id, "remix")
                return

            async def begin(interaction: Interaction, form: RemixForm) -> None:
                parameters, style = await self._results.wished(interaction, _new_parameters(), form)
                source = form.picture or picture
                await self._cards.paint_at_once(interaction, parameters, source, WHOLE_PICTURE, style)

            before = replace(_new_parameters(), strength=REMIXED)
            await interaction.response.send_modal(RemixModal(before, begin))

        await _with_one_picture(interaction, message, open_modal)

    async def _details(self, interaction: Interaction, message: discord.Message) -> None:
        made = await self._creations.creations_in(gallery_of(interaction), message.id, viewer_of(interaction))
        if made:
            critiques = await self._critiques.counts([creation.id for creation, _parameters in made])
            view = creations_card(made, critiques=critiques).view
            await interaction.response.send_message(view=view, ephemeral=True)
            return

        async def show_parameters(interaction: Interaction, picture: discord.Attachment) -> None:
            await interaction.response.defer(thinking=True, ephemeral=True)
            text = await parameters_text(await download_bytes(picture))
            if not text:
                raise PictureError(_("That picture doesn't say how it was made."))
            await interaction.edit_original_response(view=parameters_card(picture.filename, text).view)

        await _with_one_picture(interaction, message, show_parameters)

    async def _report(self, interaction: Interaction, message: discord.Message) -> None:
        async def open_modal(interaction: Interaction, picture: discord.Attachment) -> None:
            match = CREATION_FILE.match(picture.filename)
            if match is None or not _is_own_message(interaction, message):
                raise UserError(_("That picture is not of mine; tell the moderators in another way."))
            await self._cases.ask_report(interaction, int(match[1]))

        await _with_one_picture(interaction, message, open_modal)


async def _with_one_picture(interaction: Interaction, message: discord.Message, act: WithPicture) -> None:
    """Call `act` with the message's picture; if there are several, let the member choose one first.

    Raises UserError if the message has no picture.
    """
    pictures = [each for each in message.attachments if (each.content_type or "").startswith("image/")]
    if not pictures:
        raise UserError(_("That message shows no picture; use this on one that does."))
    if len(pictures) == 1:
        await act(interaction, pictures[0])
        return
    await interaction.response.send_message(view=pictures_card(pictures, act), ephemeral=True)


def _is_own_message(interaction: Interaction, message: discord.Message) -> bool:
    """Return whether the bot is the author; the file names in other messages prove nothing."""
    return message.author == interaction.client.user


def _creation_id_of(interaction: Interaction, message: discord.Message, picture: discord.Attachment) -> int | None:
    """Return the id of the creation in a message of the bot, or None for a message of somebody else.

    Raises UserError for the bot's other pictures (sheets, ballots and previews), whose maker is not known.
    """
    if not _is_own_message(interaction, message):
        return None
    match = CREATION_FILE.match(picture.filename)
    if match is None:
        raise UserError(_("That shows no single picture of the gallery; open one with /gallery, and go on from there."))
    return int(match[1])


def _new_parameters() -> GenerationParameters:
    return GenerationParameters(prompt="", guidance_scale=GUIDANCE_SCALE, num_inference_steps=STEPS, seed=new_seed())
