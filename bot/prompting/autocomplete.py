"""What is proposed while one types the options that several commands have."""

from typing import Any

import discord
from discord import app_commands

from bot.core.i18n import N_, _
from bot.prompting.vocabulary import propose_prompts
from bot.styles.autocomplete import propose_styles
from bot.styles.service import StyleService
from bot.ui.choices import Choices, choices
from engine.client import Engine
from engine.messages import Ready, World

Interaction = discord.Interaction[Any]

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
    """Knows what the engine in use can do, and which styles there are."""

    def __init__(self, engine: Engine, styles: StyleService) -> None:
        self._engine = engine
        self._styles = styles

    @property
    def world(self) -> World | None:
        """What the model in use is bound to, as far as that is known by now."""
        state = self._engine.state
        return state.world if isinstance(state, Ready) else None

    async def prompts(self, _interaction: Interaction, typed: str) -> Choices:
        """Propose prompts of a small model's world."""
        return choices(propose_prompts(self.world, typed) if self.world else [])

    async def schedulers(self, _interaction: Interaction, typed: str) -> Choices:
        """Propose schedulers by name or value."""
        named = [(_(name), value) for name, value in SCHEDULERS.items()]
        fitting = [(name, value) for name, value in named if typed.lower() in f"{name} {value}".lower()]
        return [app_commands.Choice(name=name, value=value) for name, value in fitting]

    async def styles(self, interaction: Interaction, typed: str) -> Choices:
        """Propose the styles that a member can use here."""
        return await propose_styles(self._styles, interaction, typed)

    async def models(self, _interaction: Interaction, typed: str) -> Choices:
        """Propose the models of this server's engine."""
        state = self._engine.state
        names = state.models if isinstance(state, Ready) else ()
        return choices([name for name in names if typed.lower() in name.lower()])
