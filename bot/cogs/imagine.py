"""/imagine: a picture from words alone."""

from collections.abc import Callable
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.asked import GUIDANCE_SCALE, SEEDS, STEPS, checked_prompt, new_seed
from bot.cogs.answers import placed
from bot.cogs.proposals import Choices, Proposals, choices
from bot.errors import UserError
from bot.flags import read_aspect, read_flags, size_of
from bot.jobs.desk import JobDesk
from bot.jobs.styles import StyleDesk
from bot.records import NewJob
from engine.client import Engine
from engine.messages import GenerationParameters, Ready

Interaction = discord.Interaction[Any]

ASPECTS = ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "2:1")


class Imagine(commands.Cog):
    """Pictures from words."""

    def __init__(
        self,
        jobs: JobDesk,
        engine: Engine,
        styles: StyleDesk,
        proposals: Proposals,
        remark: Callable[[GenerationParameters], str],
    ) -> None:
        self._jobs = jobs
        self._styles = styles
        self._engine = engine
        self._proposals = proposals
        self._remark = remark

    @app_commands.command(name="imagine", description="Paint a picture from a few words")
    @app_commands.describe(
        prompt="What the picture shall show; flags such as --ar 3:2, --no people and --seed 5 may follow",
        aspect="Width by height",
        count="How many pictures, with one seed each",
        negative_prompt="What it shall not show",
        guidance_scale="How closely to follow the prompt",
        steps="More steps take longer and are often finer",
        scheduler="The way of denoising, or two with their steps: ddim:30+ddpm:20",
        seed="The same seed with the same settings gives the same picture",
        style="One of the styles that `/style list` shows",
        model="What paints, where the server has more than one",
    )
    async def imagine(
        self,
        interaction: Interaction,
        prompt: app_commands.Range[str, 1, 1000],
        aspect: app_commands.Range[str, 0, 9] = "",
        count: app_commands.Range[int, 1, 4] = 4,
        negative_prompt: app_commands.Range[str, 0, 1000] = "",
        guidance_scale: app_commands.Range[float, 1.0, 20.0] = GUIDANCE_SCALE,
        steps: app_commands.Range[int, 1, 100] | None = None,
        scheduler: app_commands.Range[str, 1, 60] = "default",
        seed: app_commands.Range[int, 0, SEEDS - 1] | None = None,
        style: app_commands.Range[str, 0, 32] = "",
        model: app_commands.Range[str, 0, 100] = "",
    ) -> None:
        """Read the flags, and hand in the job; an option counts more than a flag."""
        asked = read_flags(prompt)
        width, height = self._size(read_aspect(aspect) if aspect else asked.aspect)
        seeds = (seed, asked.seed, new_seed())
        parameters = GenerationParameters(
            prompt=checked_prompt(asked.prompt),
            negative_prompt=", ".join(filter(None, (negative_prompt.strip(), asked.negative_prompt))),
            guidance_scale=guidance_scale,
            num_inference_steps=steps or asked.num_inference_steps or STEPS,
            scheduler=scheduler.strip(),
            seed=next(each for each in seeds if each is not None),
            num_images=count,
            width=width,
            height=height,
            model=model.strip(),
        )
        parameters = await self._styles.apply(
            interaction.guild_id or 0, interaction.user.id, style or asked.style, parameters
        )
        place = await placed(interaction)
        await self._jobs.submit(NewJob(interaction.user.id, place, parameters, note=self._remark(parameters)))

    def _size(self, aspect: float) -> tuple[int, int]:
        """Return width and height in pixels of an aspect; 0 and 0 for the model's own size."""
        if not aspect:
            return 0, 0
        state = self._engine.state
        if not isinstance(state, Ready):
            raise UserError("The model is getting ready, and I don't know its size yet; try again in a while.")
        return size_of(aspect, state.native_size)

    @imagine.autocomplete("prompt")
    async def _propose_prompt(self, interaction: Interaction, typed: str) -> Choices:
        return await self._proposals.prompts(interaction, typed)

    @imagine.autocomplete("aspect")
    async def _propose_aspect(self, _interaction: Interaction, typed: str) -> Choices:
        return choices([aspect for aspect in ASPECTS if aspect.startswith(typed)])

    @imagine.autocomplete("style")
    async def _propose_style(self, interaction: Interaction, typed: str) -> Choices:
        return await self._proposals.styles(interaction, typed)

    @imagine.autocomplete("scheduler")
    async def _propose_scheduler(self, interaction: Interaction, typed: str) -> Choices:
        return await self._proposals.schedulers(interaction, typed)

    @imagine.autocomplete("model")
    async def _propose_model(self, interaction: Interaction, typed: str) -> Choices:
        return await self._proposals.models(interaction, typed)
