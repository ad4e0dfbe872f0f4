"""Command /imagine: pictures from a text prompt."""

from typing import TypeVar

from discord import app_commands
from discord.ext import commands

from bot.core.errors import UserError
from bot.core.i18n import _
from bot.core.text import checked_prompt
from bot.prompting.autocomplete import Choices, Proposals, choices
from bot.prompting.flags import read_aspect, read_flags, size_of
from bot.prompting.parameters import ASPECTS, GUIDANCE_SCALE, SEEDS, STEPS, new_seed
from bot.settings.service import SettingsService
from bot.studio.service import Studio
from bot.styles.service import StyleService
from bot.ui.host import Interaction
from bot.ui.interactions import gallery_of, placed
from engine.api.client import Engine
from engine.api.messages import GenerationParameters, Ready

Number = TypeVar("Number", int, float)

DEFAULT_COUNT = 4


class Imagine(commands.Cog):
    """Cog of the /imagine command and its autocompletion."""

    def __init__(
        self,
        studio: Studio,
        engine: Engine,
        settings: SettingsService,
        styles: StyleService,
        proposals: Proposals,
    ) -> None:
        self._studio = studio
        self._settings = settings
        self._styles = styles
        self._engine = engine
        self._proposals = proposals

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
        chaos="How different the pictures are: 100 each its own, 0 all alike",
        tile="A picture that continues at its own edge, for patterns",
    )
    async def imagine(
        self,
        interaction: Interaction,
        prompt: app_commands.Range[str, 1, 1000],
        aspect: app_commands.Range[str, 0, 9] = "",
        count: app_commands.Range[int, 1, 4] | None = None,
        negative_prompt: app_commands.Range[str, 0, 1000] = "",
        guidance_scale: app_commands.Range[float, 1.0, 20.0] | None = None,
        steps: app_commands.Range[int, 1, 100] | None = None,
        scheduler: app_commands.Range[str, 1, 60] = "default",
        seed: app_commands.Range[int, 0, SEEDS - 1] | None = None,
        style: app_commands.Range[str, 0, 32] = "",
        model: app_commands.Range[str, 0, 100] = "",
        chaos: app_commands.Range[int, 0, 100] | None = None,
        tile: bool = False,
    ) -> None:
        """Read the flags in the prompt and submit the job; a command option overrides a flag."""
        flags = read_flags(prompt)
        gallery_id, user_id = gallery_of(interaction), interaction.user.id
        defaults = await self._settings.defaults(gallery_id, user_id)
        width, height = self._size(read_aspect(aspect) if aspect else flags.aspect, defaults.aspect)
        parameters = GenerationParameters(
            prompt=checked_prompt(flags.prompt),
            negative_prompt=", ".join(filter(None, (negative_prompt.strip(), flags.negative_prompt))),
            guidance_scale=guidance_scale or flags.guidance_scale or GUIDANCE_SCALE,
            num_inference_steps=steps or flags.num_inference_steps or STEPS,
            scheduler=scheduler.strip(),
            seed=_first_given(seed, flags.seed, new_seed()),
            num_images=count or defaults.count or DEFAULT_COUNT,
            width=width,
            height=height,
            model=model.strip() or defaults.model,
            chaos=_first_given(None if chaos is None else chaos / 100, flags.chaos, 1.0),
            tile=tile or flags.tile,
        )
        parameters, chosen_style = await self._styles.apply(gallery_id, user_id, style or flags.style, parameters)
        place = await placed(interaction)
        await self._studio.imagine(user_id, place, parameters, chosen_style)

    def _size(self, aspect: float, default: str) -> tuple[int, int]:
        """Return width and height in pixels for `aspect`, or for `default` if it is 0.

        (0, 0) stands for the model's own size. Raises UserError if an aspect is given before the engine is ready.
        """
        state = self._engine.state
        if not aspect and (not default or not isinstance(state, Ready)):
            return 0, 0
        if not isinstance(state, Ready):
            raise UserError(_("The model is getting ready, and I don't know its size yet; try again in a while."))
        return size_of(aspect or read_aspect(default), state.native_size)

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


def _first_given(option: Number | None, flag: Number | None, default: Number) -> Number:
    return next(each for each in (option, flag, default) if each is not None)
