"""What one can do with a message that shows pictures: Repaint a region, Remix, Details."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

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
from bot.ui.interactions import gallery_of
from engine.messages import GenerationParameters

Interaction = discord.Interaction[Any]
WithPicture = Callable[[Interaction, discord.Attachment], Awaitable[None]]

# In the name of a picture's file: see `bot.creations.uploads`, and the thumbnails of `bot.gallery.cog`.
NUMBER = re.compile(r"(?:SPOILER_)?(?:atelier|picture)-(\d+)\.")
WHOLE = Chosen(words="everything")


class Menus:
    """The message context menus; `commands` are what the client adds to its tree."""

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
        async def ask(interaction: Interaction, picture: discord.Attachment) -> None:
            ours = _number_of(interaction, message, picture)
            if ours is not None:
                await self._results.check_sources(interaction, ours)

            async def begin(interaction: Interaction, prompt: str, words: str) -> None:
                parameters = replace(_new_parameters(), prompt=checked_prompt(prompt))
                chosen = Chosen(words=words.strip() or None)
                await self._cards.begin(interaction, parameters, picture, chosen, parent_id=ours)

            await interaction.response.send_modal(RepaintModal(begin))

        await _with_one_picture(interaction, message, ask)

    async def _remix(self, interaction: Interaction, message: discord.Message) -> None:
        async def ask(interaction: Interaction, picture: discord.Attachment) -> None:
            ours = _number_of(interaction, message, picture)
            if ours is not None:
                await self._results.go_on(interaction, ours, "remix")
                return

            async def begin(interaction: Interaction, wishes: RemixForm) -> None:
                parameters, style = await self._results.wished(interaction, _new_parameters(), wishes)
                begun = wishes.picture or picture
                await self._cards.paint_at_once(interaction, parameters, begun, WHOLE, style)

            before = replace(_new_parameters(), strength=REMIXED)
            await interaction.response.send_modal(RemixModal(before, begin))

        await _with_one_picture(interaction, message, ask)

    async def _details(self, interaction: Interaction, message: discord.Message) -> None:
        made = await self._creations.creations_in(gallery_of(interaction), message.id, viewer_of(interaction))
        if made:
            critiques = await self._critiques.counts([creation.id for creation, _parameters in made])
            view = creations_card(made, critiques=critiques).view
            await interaction.response.send_message(view=view, ephemeral=True)
            return

        async def tell(interaction: Interaction, picture: discord.Attachment) -> None:
            await interaction.response.defer(thinking=True, ephemeral=True)
            text = await parameters_text(await download_bytes(picture))
            if not text:
                raise PictureError(_("That picture doesn't say how it was made."))
            await interaction.edit_original_response(view=parameters_card(picture.filename, text).view)

        await _with_one_picture(interaction, message, tell)

    async def _report(self, interaction: Interaction, message: discord.Message) -> None:
        async def ask(interaction: Interaction, picture: discord.Attachment) -> None:
            number = NUMBER.match(picture.filename)
            if number is None or not _is_ours(interaction, message):
                raise UserError(_("That picture is not of mine; tell the moderators in another way."))
            await self._cases.ask_report(interaction, int(number[1]))

        await _with_one_picture(interaction, message, ask)


async def _with_one_picture(interaction: Interaction, message: discord.Message, act: WithPicture) -> None:
    """Do something with the message's picture, or with the one that the member chooses of several."""
    pictures = [each for each in message.attachments if (each.content_type or "").startswith("image/")]
    if not pictures:
        raise UserError(_("That message shows no picture; use this on one that does."))
    if len(pictures) == 1:
        await act(interaction, pictures[0])
        return
    await interaction.response.send_message(view=pictures_card(pictures, act), ephemeral=True)


def _is_ours(interaction: Interaction, message: discord.Message) -> bool:
    """Return whether a message is the bot's own; others may call their files what they like."""
    return message.author == interaction.client.user


def _number_of(interaction: Interaction, message: discord.Message, picture: discord.Attachment) -> int | None:
    """Return which creation a picture shows, None for a member's own message.

    Raises UserError for other pictures of the bot: of sheets, ballots and previews nobody can tell whose they are.
    """
    if not _is_ours(interaction, message):
        return None
    number = NUMBER.match(picture.filename)
    if number is None:
        raise UserError(_("That shows no single picture of the gallery; open one with /gallery, and go on from there."))
    return int(number[1])


def _new_parameters() -> GenerationParameters:
    return GenerationParameters(prompt="", guidance_scale=GUIDANCE_SCALE, num_inference_steps=STEPS, seed=new_seed())
