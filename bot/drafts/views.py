"""The card of a draft: the region over the member's picture, before anything is painted."""

from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.core.i18n import _, say_notes
from bot.drafts.items import CellsSelect, DraftButton, ThingSelect
from bot.drafts.models import Draft
from bot.ui.cards import WORKING, Card, Upload, card, gallery
from bot.ui.text import prompt_title

TINY = 0.002


@dataclass(frozen=True, slots=True)
class DraftPreview:
    """What a draft's card shows: a JPEG file, the region's share of the picture, and what its buttons do.

    `growth` is by how many pixels Grow grows; `remark` is a note on the prompt, or empty; `paint_url` leads to
    the painter's page, or is None where there is none.
    """

    picture: bytes
    share: float
    growth: int
    remark: str
    paint_url: str | None


def draft_card(draft: Draft, sketch: DraftPreview) -> Card:
    """Show the region and every way to change it."""
    empty = sketch.share == 0
    first: list[Any] = [DraftButton(draft.id, "go", _("Go"), discord.ButtonStyle.success, disabled=empty)]
    if sketch.paint_url:
        first.append(ui.Button(label=_("Paint over"), url=sketch.paint_url))
    first += [
        DraftButton(draft.id, "pick", _("Pick cells")),
        DraftButton(draft.id, "say", _("Say it")),
        DraftButton(draft.id, "reword", _("Edit prompt")),
    ]
    feather = _("Feather: {width} px", width=draft.feather) if draft.feather else _("Feather")
    second = [
        DraftButton(draft.id, "grow", _("Grow {width} px", width=sketch.growth), disabled=empty),
        DraftButton(draft.id, "shrink", _("Shrink {width} px", width=sketch.growth), disabled=empty),
        DraftButton(draft.id, "invert", _("Invert")),
        DraftButton(draft.id, "feather", feather, disabled=empty),
        DraftButton(draft.id, "discard", _("Discard"), discord.ButtonStyle.danger),
    ]
    notes = say_notes(f"{draft.note}\n{sketch.remark}").splitlines()
    lines = [_in_words(sketch.share), *(f"-# {text}" for text in notes if text)]
    lines.append("-# " + _("Only you see this. `/settings` turns this look ahead off."))
    return _card(draft, sketch, "\n".join(lines), [ui.ActionRow[Any](*first), ui.ActionRow[Any](*second)])


def pick_card(draft: Draft, sketch: DraftPreview) -> Card:
    """Show the picture under a numbered grid, to pick cells or the thing in one of them."""
    rows = [
        ui.ActionRow[Any](CellsSelect(draft.id)),
        ui.ActionRow[Any](ThingSelect(draft.id)),
        ui.ActionRow[Any](DraftButton(draft.id, "show", _("Back"))),
    ]
    return _card(draft, sketch, _("Pick the cells to repaint, or one cell with the thing that you mean."), rows)


def _in_words(share: float) -> str:
    if share == 0:
        return _("Nothing is chosen yet: pick cells, say it in words, or paint it.")
    if share == 1:
        return _("The whole picture is repainted; nothing of it stays.")
    if share < TINY:
        return _(
            "Only {share} of the picture is repainted. That is very little; Grow makes it larger.",
            share=f"{share:.2%}",
        )
    return _("**{share}** of the picture is repainted; the rest stays as it is.", share=f"{share:.0%}")


def _card(draft: Draft, sketch: DraftPreview, text: str, rows: list[ui.ActionRow[Any]]) -> Card:
    file = Upload(f"draft-{draft.id}.jpg", sketch.picture, _("Your picture, with the part to repaint tinted"))
    return card(WORKING, prompt_title(draft.parameters.prompt), gallery([file]), text, *rows, files=(file,))
