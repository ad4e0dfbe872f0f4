"""Cards that show how a picture was made."""

from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord import ui

from bot.core.i18n import _, ngettext
from bot.creations.models import Creation, Family
from bot.critiques.views import counted_row
from bot.jobs.result_views import PictureSelect
from bot.ui.cards import WORKING, Card, Upload, card, gallery
from bot.ui.text import escaped, mention, prompt_title
from engine.api.messages import GenerationParameters

TEXT_SHOWN, FILENAME_SHOWN = 3000, 300


class KinSelect(PictureSelect, ui.DynamicItem[ui.Select[Any]], template=r"kin:(?P<creation_id>\d+)"):
    """Select menu that opens an ancestor or a child of a picture."""

    def __init__(self, creation_id: int, family: Family | None = None) -> None:
        ancestors, children = (family.ancestors, family.children) if family else ((), ())
        kin = [
            *((each, _("Comes from picture {number}", number=each.id)) for each in reversed(ancestors)),
            *((each, _("Led to picture {number}", number=each.id)) for each in children),
        ]
        options = [discord.SelectOption(label=label, value=str(each.id)) for each, label in kin if each.is_shown]
        self.has_options = bool(options)
        super().__init__(
            ui.Select(custom_id=self.custom_id_for(creation_id=creation_id), placeholder=_("Go to …"), options=options)
        )


def creations_card(
    made: Sequence[tuple[Creation, GenerationParameters]],
    family: Family | None = None,
    tree: bytes | None = None,
    critiques: Mapping[int, int] | None = None,
) -> Card:
    """Build the Details card of the pictures of one message.

    `family` and `tree`, a PNG of it, are given for a single picture. `critiques` maps creation ids to the number of
    critiques, without the pictures that have none.
    """
    first, parameters = made[0]
    negative_prompt = escaped(parameters.negative_prompt)
    lines = [
        _("by {member}, {when}", member=f"<@{first.user_id}>", when=discord.utils.format_dt(first.created_at, "R")),
        *([_("without: {words}", words=negative_prompt)] if negative_prompt else []),
        _(
            "{count} steps · guidance {guidance} · strength {strength} · scheduler {scheduler}",
            count=parameters.num_inference_steps,
            guidance=f"{parameters.guidance_scale:g}",
            strength=f"{parameters.strength:g}",
            scheduler=parameters.scheduler,
        ),
        f"{first.width} × {first.height} · {first.model}",
        *(
            _("picture {number}: seed `{seed}`", number=creation.id, seed=creation.seed)
            for creation, _parameters in made
        ),
        *(_family_lines(family) if family else []),
    ]
    parts: list[ui.Item[Any] | str] = [prompt_title(parameters.prompt), "\n".join(lines)]
    is_spoiler = family is not None and any(each.is_spoiler for each in (*family.ancestors, first, *family.children))
    files = (Upload(f"family-{first.id}.png", tree, _("The family of the picture"), is_spoiler),) if tree else ()
    if files:
        parts.append(gallery(files))
    select = KinSelect(first.id, family)
    if select.has_options:
        parts.append(ui.ActionRow[Any](select))
    if critiques:
        parts.append(counted_row(critiques))
    return card(WORKING, *parts, files=files)


def _family_lines(family: Family) -> list[str]:
    lines = []
    if family.ancestors:
        parent = family.ancestors[-1]
        lines.append(_("made from picture {number} by {member}", number=parent.id, member=mention(parent.user_id)))
    count = len(family.children) + family.more
    if count:
        lines.append(ngettext("{count} picture was made from it", "{count} pictures were made from it", count=count))
    return lines


def parameters_card(filename: str, text: str) -> Card:
    """Build the card of the generation parameters that an image file contains as text."""
    title = _("**{file}** says of itself", file=escaped(filename, FILENAME_SHOWN))
    return card(WORKING, title, escaped(text, TEXT_SHOWN))
