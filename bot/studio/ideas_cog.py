"""Commands /blend, /describe and /shorten."""

import asyncio

import discord
from discord import app_commands
from discord.ext import commands
from PIL import Image

from bot.core.errors import UserError
from bot.core.i18n import _
from bot.core.text import checked_prompt
from bot.creations.given_pictures import GivenPictures
from bot.database.file_store import FileStore
from bot.imaging.images import blended
from bot.kept_out.service import KeptOutService
from bot.prompting.parameters import GUIDANCE_SCALE, STEPS, new_seed
from bot.settings.service import SettingsService
from bot.studio.ideas_service import IdeaService
from bot.studio.ideas_views import prompts_view, weighed_title
from bot.studio.service import Studio
from bot.ui.attachments import download
from bot.ui.host import Interaction
from bot.ui.interactions import gallery_of, placed
from engine.api.messages import GenerationParameters

BLEND_STRENGTH = 0.65
DEFAULT_COUNT = 4


class Ideas(commands.Cog):
    """Cog of the commands that find or shorten prompts, or blend pictures."""

    def __init__(
        self,
        ideas: IdeaService,
        studio: Studio,
        settings: SettingsService,
        files: FileStore,
        given: GivenPictures,
        kept_out: KeptOutService,
    ) -> None:
        self._given = given
        self._ideas = ideas
        self._studio = studio
        self._settings = settings
        self._files = files
        self._kept_out = kept_out

    @app_commands.command(name="describe", description="Find prompts for a picture")
    @app_commands.describe(image="The picture")
    async def describe(self, interaction: Interaction, image: discord.Attachment) -> None:
        """Send prompts for a picture as an ephemeral message; each has a button that paints it."""
        await interaction.response.defer(thinking=True, ephemeral=True)
        prompts, note = await self._ideas.prompts_of(await download(image))
        view = prompts_view("## " + _("It might be …"), prompts, note, self._paint)
        await interaction.edit_original_response(view=view)

    @app_commands.command(name="shorten", description="See which words of a prompt matter")
    @app_commands.describe(prompt="The prompt")
    async def shorten(self, interaction: Interaction, prompt: app_commands.Range[str, 1, 500]) -> None:
        """Send the weighed words and shorter prompts as an ephemeral message."""
        await interaction.response.defer(thinking=True, ephemeral=True)
        words = await self._ideas.weighed(checked_prompt(prompt))
        view = prompts_view(weighed_title(words), self._ideas.shorter(words), "", self._paint)
        await interaction.edit_original_response(view=view)

    @app_commands.command(name="blend", description="Make one picture of two to five")
    @app_commands.describe(
        image1="The first picture, which gives the size",
        image2="The second picture",
        image3="One more picture",
        image4="One more picture",
        image5="One more picture",
        prompt="What it shall show; found in the pictures where you say nothing",
    )
    async def blend(
        self,
        interaction: Interaction,
        image1: discord.Attachment,
        image2: discord.Attachment,
        image3: discord.Attachment | None = None,
        image4: discord.Attachment | None = None,
        image5: discord.Attachment | None = None,
        prompt: app_commands.Range[str, 0, 1000] = "",
    ) -> None:
        """Blend the pictures into one source image and submit a job that paints from it."""
        place = await placed(interaction)
        given = [await self._given.read(interaction, each) for each in (image1, image2, image3, image4, image5) if each]
        pictures = [each.image for each in given]
        await self._kept_out.check(place.guild_id, *pictures)
        parameters = await self._parameters(
            interaction, prompt.strip() or await self._prompt_for(pictures), BLEND_STRENGTH
        )
        image_key = await self._files.put_picture(await asyncio.to_thread(blended, pictures))
        sources = tuple(number for each in given for number in each.source_ids)
        await self._studio.imagine(interaction.user.id, place, parameters, image_key=image_key, source_ids=sources)

    async def _prompt_for(self, pictures: list[Image.Image]) -> str:
        """Return the most likely prompt of each picture, joined with "and", without duplicates. Raises UserError."""
        found = []
        for picture in pictures:
            try:
                prompts, _note = await self._ideas.prompts_of(picture)
            except UserError as error:
                hint = _("Add a `prompt` that says what the blend shall show.")
                raise UserError(f"{error} {hint}") from error
            found.append(prompts[0])
        return " and ".join(dict.fromkeys(found))

    async def _paint(self, interaction: Interaction, prompt: str) -> None:
        place = await placed(interaction)
        await self._studio.imagine(interaction.user.id, place, await self._parameters(interaction, prompt, 1.0))

    async def _parameters(self, interaction: Interaction, prompt: str, strength: float) -> GenerationParameters:
        defaults = await self._settings.defaults(gallery_of(interaction), interaction.user.id)
        return GenerationParameters(
            prompt=prompt,
            strength=strength,
            guidance_scale=GUIDANCE_SCALE,
            num_inference_steps=STEPS,
            seed=new_seed(),
            num_images=defaults.count or DEFAULT_COUNT,
            model=defaults.model,
        )
