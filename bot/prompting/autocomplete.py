"""Autocomplete for the options that several commands share."""

from bot.core.i18n import N_, _
from bot.prompting.vocabulary import propose_prompts
from bot.styles.autocomplete import propose_styles
from bot.styles.service import StyleService
from bot.ui.choices import Choices, choices, named_choices
from bot.ui.host import Interaction
from engine.api.client import Engine
from engine.api.messages import Ready, World

SCHEDULERS = {
    N_("The model's own"): "default",
    "DDIM": "ddim",
    "DDPM": "ddpm",
    "PNDM": "pndm",
    "Euler": "euler",
    "Euler a": "euler_a",
    "DPM++ 2M": "dpm++_2m",
    "DPM++ 2M Karras": "dpm++_2m_karras",
    "UniPC": "unipc",
    "LCM": "lcm",
    N_("30 steps DDIM, then 20 DDPM"): "ddim:30+ddpm:20",
}


class Proposals:
    """Autocomplete callbacks, based on the state of the engine and the stored styles."""

    def __init__(self, engine: Engine, styles: StyleService) -> None:
        self._engine = engine
        self._styles = styles

    @property
    def world(self) -> World | None:
        """The vocabulary of a small model; None for a full model or while the engine is not ready."""
        state = self._engine.state
        return state.world if isinstance(state, Ready) else None

    async def prompts(self, _interaction: Interaction, typed: str) -> Choices:
        """Return prompts that complete the text from the vocabulary of a small model."""
        return choices(propose_prompts(self.world, typed) if self.world else [])

    async def schedulers(self, _interaction: Interaction, typed: str) -> Choices:
        """Return schedulers whose name or value contains the text."""
        named = [(_(name), value) for name, value in SCHEDULERS.items()]
        matching = [(name, value) for name, value in named if typed.lower() in f"{name} {value}".lower()]
        return named_choices(matching)

    async def styles(self, interaction: Interaction, typed: str) -> Choices:
        """Return the styles that the member can use in this gallery and whose name contains the text."""
        return await propose_styles(self._styles, interaction, typed)

    async def models(self, _interaction: Interaction, typed: str) -> Choices:
        """Return the models of the engine whose name contains the text."""
        state = self._engine.state
        names = state.models if isinstance(state, Ready) else ()
        return choices([name for name in names if typed.lower() in name.lower()])
