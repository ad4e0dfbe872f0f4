"""The card of a draft: a preview of the region over the member's picture, with buttons to change it."""

from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.core.i18n import _, say_notes
from bot.drafts.items import CellsSelect, DraftButton, ThingSelect
from bot.drafts.models import Draft
from bot.ui.cards import WORKING, Card, Upload, card, gallery
from bot.ui.text import prompt_title

# Below this fraction of the picture, the card says that the region is very small.
TINY = 0.002


@dataclass(frozen=True, slots=True)
class DraftPreview:
    """The contents of a draft's card.

    `picture` is a JPEG file. `share` is the fraction of the picture that is repainted, 0 to 1. `growth` is the number
    of pixels by which Grow and Shrink change the region. `remark` is a note on the prompt, or empty. `paint_url` is
    the link to the painter's page, or None if there is none.
    """

    picture: bytes
    share: float
    growth: int
    remark: str
    paint_url: str | None


def draft_card(draft: Draft, preview: DraftPreview) -> Card:
    """Return the card with the preview and the buttons that change, submit or discard the draft."""
    empty = preview.share == 0
    first: list[Any] = [DraftButton(draft.id, "go", _("Go"), discord.ButtonStyle.success, disabled=empty)]
    if preview.paint_url:
        first.append(ui.Button(label=_("Paint over"), url=preview.paint_url))
    first += [
        DraftButton(draft.id, "pick", _("Pick cells")),
        DraftButton(draft.id, "say", _("Say it")),
        DraftButton(draft.id, "reword", _("Edit prompt")),
    ]
    feather = _("Feather: {width} px", width=draft.feather) if draft.feather else _("Feather")
    second = [
        DraftButton(draft.id, "grow", _("Grow {width} px", width=preview.growth), disabled=empty),
        DraftButton(draft.id, "shrink", _("Shrink {width} px", width=preview.growth), disabled=empty),
        DraftButton(draft.id, "invert", _("Invert")),
        DraftButton(draft.id, "feather", feather, disabled=empty),
        DraftButton(draft.id, "discard", _("Discard"), discord.ButtonStyle.danger),
    ]
    notes = say_notes(f"{draft.note}\n{preview.remark}").splitlines()
    lines = [_share_text(preview.share), *(f"-# {text}" for text in notes if text)]
    lines.append("-# " + _("Only you see this. `/settings` turns this look ahead off."))
    return _card(draft, preview, "\n".join(lines), [ui.ActionRow[Any](*first), ui.ActionRow[Any](*second)])


def pick_card(draft: Draft, preview: DraftPreview) -> Card:
    """Return the card with selects for cells of the grid; `preview.picture` shows the numbered grid."""
    rows = [
        ui.ActionRow[Any](CellsSelect(draft.id)),
        ui.ActionRow[Any](ThingSelect(draft.id)),
        ui.ActionRow[Any](DraftButton(draft.id, "show", _("Back"))),
    ]
    return _card(draft, preview, _("Pick the cells to repaint, or one cell with the thing that you mean."), rows)


def _share_text(share: float) -> str:
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


def _card(draft: Draft, preview: DraftPreview, text: str, rows: list[ui.ActionRow[Any]]) -> Card:
    file = Upload(f"draft-{draft.id}.jpg", preview.picture, _("Your picture, with the part to repaint tinted"))
    return card(WORKING, prompt_title(draft.parameters.prompt), gallery([file]), text, *rows, files=(file,))
