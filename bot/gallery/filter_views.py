"""What of a gallery a member wants to see: asked in a modal, and told in the card's title."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import discord
from discord import ui

from bot.core.i18n import N_, _
from bot.creations.models import Kind
from bot.gallery.models import Browsing, Filters
from bot.ui.access import Modal
from bot.ui.errors import answering_errors
from bot.ui.text import escaped

KINDS = {
    Kind.ALL: N_("Of every kind"),
    Kind.IMAGINED: N_("From words"),
    Kind.REPAINTED: N_("Repainted regions"),
    Kind.REMIXED: N_("Remixes"),
}
DAYS = {
    0: N_("Of all time"),
    1: N_("Of the last day"),
    7: N_("Of the last week"),
    30: N_("Of the last month"),
}
# Of an option, and of what is written below it.
LONGEST = 100


class FilterModal(Modal):
    """Asks which pictures of a gallery shall be shown; there is nothing to choose in of what there is nothing."""

    def __init__(self, browsing: Browsing, filters: Filters) -> None:
        super().__init__(title=_("Which pictures?"))
        self._browsing = browsing
        self._selects: dict[str, ui.Select[Any]] = {}
        kinds = {str(kind): (_(text), "") for kind, text in KINDS.items()}
        days = {str(days): (_(text), "") for days, text in DAYS.items()}
        self._ask("kind", _("Kind"), kinds, str(browsing.kind))
        self._ask("days", _("Time"), days, str(browsing.days))
        if filters.styles:
            styles = {str(style_id): (name, "") for style_id, name in filters.styles.items()}
            self._ask("style", _("Style"), {"0": (_("Of every style"), ""), **styles}, str(browsing.style_id))
        if filters.challenges:
            challenges = {str(challenge_id): texts for challenge_id, texts in filters.challenges.items()}
            every = {"0": (_("Of every challenge, and of none"), "")}
            self._ask("challenge", _("Challenge"), every | challenges, str(browsing.challenge_id))

    def _ask(self, name: str, label: str, options: Mapping[str, tuple[str, str]], chosen: str) -> None:
        """Add a list of options, each with what is written on it and below it."""
        self._selects[name] = ui.Select(
            custom_id=name,
            required=False,
            options=[
                discord.SelectOption(
                    label=text[:LONGEST],
                    description=" ".join(more.split())[:LONGEST] or None,
                    value=value,
                    default=value == chosen,
                )
                for value, (text, more) in options.items()
            ],
        )
        self.add_item(ui.Label(text=label, component=self._selects[name]))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Show them from the first page; where nothing is chosen, of all."""
        chosen = {name: select.values[0] for name, select in self._selects.items() if select.values}
        browsing = replace(
            first_page(self._browsing),
            kind=Kind(chosen.get("kind", Kind.ALL)),
            days=int(chosen.get("days", 0)),
            style_id=int(chosen.get("style", 0)),
            challenge_id=int(chosen.get("challenge", 0)),
        )
        async with answering_errors(interaction):
            await interaction.client.galleries.turn(interaction, browsing)


def first_page(browsing: Browsing) -> Browsing:
    """Return the first page of what is looked through."""
    return replace(browsing, score=0, after=0, backwards=False)


def without_filters(browsing: Browsing) -> Browsing:
    """Return the first page of the same view, of every kind and time, style and challenge."""
    return replace(first_page(browsing), kind=Kind.ALL, days=0, style_id=0, challenge_id=0)


def describe_filters(browsing: Browsing, filters: Filters) -> str:
    """Return what is filtered in words, or nothing where all is shown."""
    parts = [
        *([_(KINDS[browsing.kind])] if browsing.kind is not Kind.ALL else []),
        *([_(DAYS[browsing.days])] if browsing.days else []),
    ]
    if browsing.style_id in filters.styles:
        parts.append(_("In the style “{name}”", name=escaped(filters.styles[browsing.style_id])))
    if browsing.challenge_id in filters.challenges:
        parts.append(_("From the challenge “{title}”", title=escaped(filters.challenges[browsing.challenge_id][0])))
    return " · ".join(parts)
