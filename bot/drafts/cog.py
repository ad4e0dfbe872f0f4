"""/inpaint: checks the options and begins a draft."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.core.errors import MaskError, UserError
from bot.core.i18n import _
from bot.core.text import checked_prompt
from bot.drafts.controller import Chosen, DraftCards
from bot.prompting.autocomplete import Choices, Proposals, choices
from bot.prompting.parameters import GUIDANCE_SCALE, SEEDS, STEPS, new_seed
from bot.prompting.vocabulary import propose_regions
from bot.settings.service import SettingsService
from bot.styles.service import StyleService
from bot.ui.host import Interaction
from bot.ui.interactions import gallery_of
from engine.api.messages import GenerationParameters
from engine.api.places import REGION_NAMES


class Inpaint(commands.Cog):
    """Cog of the /inpaint command and its autocompletion."""

    def __init__(
        self, cards: DraftCards, settings: SettingsService, styles: StyleService, proposals: Proposals
    ) -> None:
        self._settings = settings
        self._cards = cards
        self._styles = styles
        self._proposals = proposals

    @app_commands.command(name="inpaint", description="Repaint a part of a picture from a few words")
    @app_commands.describe(
        image="The picture; everything outside the region stays as it is",
        prompt="What the region shall show",
        mask="A mask: white on black, or your picture painted over in one strong colour, or with a hole",
        region="Instead of a mask: left, top right, center, border, subject, background, or a thing: the cat",
        invert="Repaint the other part: the black of the mask, or all but the region",
        negative_prompt="What the region shall not show",
        strength="How far it may depart from what is there now: 1 starts from nothing",
        guidance_scale="How closely to follow the prompt",
        steps="More steps take longer and are often finer",
        scheduler="The way of denoising, or two with their steps: ddim:30+ddpm:20",
        seed="The same seed with the same settings gives the same picture",
        count="How many pictures, with one seed each",
        style="One of the styles that `/style list` shows",
        model="What paints, where the server has more than one",
    )
    async def inpaint(
        self,
        interaction: Interaction,
        image: discord.Attachment,
        prompt: app_commands.Range[str, 1, 1000],
        mask: discord.Attachment | None = None,
        region: app_commands.Range[str, 1, 100] | None = None,
        negative_prompt: app_commands.Range[str, 0, 1000] = "",
        strength: app_commands.Range[float, 0.05, 1.0] = 1.0,
        guidance_scale: app_commands.Range[float, 1.0, 20.0] = GUIDANCE_SCALE,
        steps: app_commands.Range[int, 1, 100] = STEPS,
        scheduler: app_commands.Range[str, 1, 60] = "default",
        seed: app_commands.Range[int, 0, SEEDS - 1] | None = None,
        count: app_commands.Range[int, 1, 4] = 1,
        style: app_commands.Range[str, 0, 32] = "",
        model: app_commands.Range[str, 0, 100] = "",
        invert: bool = False,
    ) -> None:
        """Check the options that need no download, apply the style, and begin a draft."""
        gallery_id = gallery_of(interaction)
        defaults = await self._settings.defaults(gallery_id, interaction.user.id)
        parameters = GenerationParameters(
            prompt=checked_prompt(prompt),
            negative_prompt=negative_prompt,
            strength=strength,
            guidance_scale=guidance_scale,
            num_inference_steps=steps,
            scheduler=scheduler.strip(),
            seed=new_seed() if seed is None else seed,
            num_images=count,
            model=model.strip() or defaults.model,
        )
        _check_options(parameters, mask, region)
        parameters, chosen = await self._styles.apply(gallery_id, interaction.user.id, style, parameters)
        await self._cards.begin(interaction, parameters, image, Chosen(mask, region, invert), chosen)

    @inpaint.autocomplete("prompt")
    async def _propose_prompt(self, interaction: Interaction, typed: str) -> Choices:
        return await self._proposals.prompts(interaction, typed)

    @inpaint.autocomplete("region")
    async def _propose_region(self, _interaction: Interaction, typed: str) -> Choices:
        world = self._proposals.world
        words = [word for word in ("subject", "background", *REGION_NAMES) if typed.lower() in word]
        return choices(words + (propose_regions(world, typed) if world else []))

    @inpaint.autocomplete("style")
    async def _propose_style(self, interaction: Interaction, typed: str) -> Choices:
        return await self._proposals.styles(interaction, typed)

    @inpaint.autocomplete("scheduler")
    async def _propose_scheduler(self, interaction: Interaction, typed: str) -> Choices:
        return await self._proposals.schedulers(interaction, typed)

    @inpaint.autocomplete("model")
    async def _propose_model(self, interaction: Interaction, typed: str) -> Choices:
        return await self._proposals.models(interaction, typed)


def _check_options(parameters: GenerationParameters, mask: discord.Attachment | None, region: str | None) -> None:
    if mask is not None and region is not None:
        raise MaskError(_("You gave a mask and a region; give one of the two."))
    if int(parameters.num_inference_steps * parameters.strength) < 1:
        raise UserError(_("So few steps at so low a strength change nothing; raise the one or the other."))
