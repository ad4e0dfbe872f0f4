"""Modals for repainting and remixing, and the choice of a picture in a message that has several."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.core.errors import UserError
from bot.core.i18n import _
from bot.ui.access import Modal, View
from bot.ui.errors import answering_errors
from bot.ui.host import Interaction
from bot.ui.modals import SECONDS, negative_input, prompt_input
from engine.api.messages import GenerationParameters


@dataclass(frozen=True, slots=True)
class RemixForm:
    """Values of the remix modal; `picture` replaces the original as the source image, None keeps the original."""

    prompt: str
    negative_prompt: str
    strength: float
    style: str
    picture: discord.Attachment | None


class RepaintModal(Modal):
    """Modal that asks for the region and the prompt; `begin` receives the prompt and the words for the region."""

    def __init__(self, begin: Callable[[Interaction, str, str], Awaitable[None]]) -> None:
        super().__init__(title=_("Repaint a region"))
        self._begin = begin
        self.prompt = prompt_input("")
        self.words: ui.TextInput[Any] = ui.TextInput(
            custom_id="words",
            placeholder=_("{examples}; or choose it in the next step", examples="left, subject, the red car"),
            max_length=100,
            required=False,
        )
        self.add_item(ui.Label(text=_("What the region shall show"), component=self.prompt))
        self.add_item(ui.Label(text=_("The region"), component=self.words))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Call `begin` with both fields; an empty region is chosen in the next step."""
        async with answering_errors(interaction):
            await self._begin(interaction, self.prompt.value, self.words.value)


class RemixModal(Modal):
    """Modal that asks what to change in a remix, prefilled with the parameters of the picture."""

    def __init__(
        self, before: GenerationParameters, begin: Callable[[Interaction, RemixForm], Awaitable[None]]
    ) -> None:
        super().__init__(title=_("Remix"))
        self._begin = begin
        self.prompt = prompt_input(before.prompt)
        self.negative_prompt = negative_input(before.negative_prompt)
        self.strength: ui.TextInput[Any] = ui.TextInput(
            custom_id="strength", default=f"{before.strength:g}", max_length=5
        )
        self.add_item(ui.Label(text=_("What the picture shall show"), component=self.prompt))
        self.add_item(ui.Label(text=_("What it shall not show"), component=self.negative_prompt))
        self.style: ui.TextInput[Any] = ui.TextInput(custom_id="style", required=False, max_length=32)
        self.picture: ui.FileUpload[Any] = ui.FileUpload(custom_id="picture", required=False, max_values=1)
        self.add_item(
            ui.Label(text=_("Strength"), description=_("0.1 hardly changes it, 1 starts anew"), component=self.strength)
        )
        self.add_item(ui.Label(text=_("Style"), description=_("One that `/style list` shows"), component=self.style))
        self.add_item(
            ui.Label(
                text=_("Another picture"),
                description=_("To begin from, instead of this one"),
                component=self.picture,
            )
        )

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Check the strength and call `begin` with the form."""
        async with answering_errors(interaction):
            picture = next(iter(self.picture.values), None)
            texts = (
                self.prompt.value,
                self.negative_prompt.value,
                _parse_strength(self.strength.value),
                self.style.value,
            )
            await self._begin(interaction, RemixForm(*texts, picture))


def pictures_card(
    pictures: Sequence[discord.Attachment], act: Callable[[Interaction, discord.Attachment], Awaitable[None]]
) -> ui.LayoutView:
    """Build a view of several pictures with a select menu that calls `act` with the chosen one."""
    select: ui.Select[Any] = ui.Select(
        placeholder=_("Which picture?"),
        options=[
            discord.SelectOption(
                label=_("Picture {number}", number=number), description=picture.filename[:100], value=str(number)
            )
            for number, picture in enumerate(pictures, 1)
        ],
    )

    async def chosen(interaction: Interaction) -> None:
        async with answering_errors(interaction):
            await act(interaction, pictures[int(select.values[0]) - 1])

    select.callback = chosen
    view = View(timeout=SECONDS)
    gallery = ui.MediaGallery(*(discord.MediaGalleryItem(picture.url) for picture in pictures))
    view.add_item(ui.Container(gallery, ui.ActionRow[Any](select), accent_colour=discord.Colour.blurple()))
    return view


def _parse_strength(text: str) -> float:
    """Return a strength from 0.05 to 1, written with a point or a comma. Raises UserError for anything else."""
    try:
        strength = float(text.strip().replace(",", "."))
    except ValueError as error:
        raise UserError(_("“{text}” is no strength; write a number from 0.05 to 1.", text=text)) from error
    if not 0.05 <= strength <= 1:
        raise UserError(_("The strength must be a number from 0.05 to 1."))
    return strength
