"""The modal with a gallery's filters, and their description in the card's title."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import discord
from discord import ui

from bot.core.i18n import N_, _
from bot.creations.models import Kind
from bot.gallery.models import Browsing, Filters
from bot.ui.access import Modal
from bot.ui.errors import answering_errors
from bot.ui.host import Interaction
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
# Discord's limit for the label and for the description of an option.
LONGEST = 100


class FilterModal(Modal):
    """Modal with one select each for kind, time, style and challenge; a select without choices is left out."""

    def __init__(
        self, browsing: Browsing, filters: Filters, show: Callable[[Interaction, Browsing], Awaitable[None]]
    ) -> None:
        super().__init__(title=_("Which pictures?"))
        self._browsing = browsing
        self._show = show
        self._selects: dict[str, ui.Select[Any]] = {}
        kinds = {str(kind): (_(text), "") for kind, text in KINDS.items()}
        days = {str(days): (_(text), "") for days, text in DAYS.items()}
        self._add_select("kind", _("Kind"), kinds, str(browsing.kind))
        self._add_select("days", _("Time"), days, str(browsing.days))
        if filters.styles:
            styles = {str(style_id): (name, "") for style_id, name in filters.styles.items()}
            self._add_select("style", _("Style"), {"0": (_("Of every style"), ""), **styles}, str(browsing.style_id))
        if filters.challenges:
            challenges = {str(challenge_id): texts for challenge_id, texts in filters.challenges.items()}
            every = {"0": (_("Of every challenge, and of none"), "")}
            self._add_select("challenge", _("Challenge"), every | challenges, str(browsing.challenge_id))

    def _add_select(self, name: str, label: str, options: Mapping[str, tuple[str, str]], chosen: str) -> None:
        """Add a select; `options` maps each value to its label and its description, which may be empty."""
        self._selects[name] = ui.Select(
            custom_id=name,
            required=False,
            options=[
                discord.SelectOption(
                    label=option_label[:LONGEST],
                    description=" ".join(description.split())[:LONGEST] or None,
                    value=value,
                    default=value == chosen,
                )
                for value, (option_label, description) in options.items()
            ],
        )
        self.add_item(ui.Label(text=label, component=self._selects[name]))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Show the first page with the chosen filters; a select left empty does not filter."""
        chosen = {name: select.values[0] for name, select in self._selects.items() if select.values}
        browsing = replace(
            first_page(self._browsing),
            kind=Kind(chosen.get("kind", Kind.ALL)),
            days=int(chosen.get("days", 0)),
            style_id=int(chosen.get("style", 0)),
            challenge_id=int(chosen.get("challenge", 0)),
        )
        async with answering_errors(interaction):
            await self._show(interaction, browsing)


def first_page(browsing: Browsing) -> Browsing:
    """Return the same view and filters with the cursor at the first page."""
    return replace(browsing, score=0, after=0, backwards=False)


def without_filters(browsing: Browsing) -> Browsing:
    """Return the first page of the same view without filters for kind, time, style and challenge."""
    return replace(first_page(browsing), kind=Kind.ALL, days=0, style_id=0, challenge_id=0)


def describe_filters(browsing: Browsing, filters: Filters) -> str:
    """Return the active filters as text for the card, or an empty string if there are none."""
    parts = [
        *([_(KINDS[browsing.kind])] if browsing.kind is not Kind.ALL else []),
        *([_(DAYS[browsing.days])] if browsing.days else []),
    ]
    if browsing.style_id in filters.styles:
        parts.append(_("In the style “{name}”", name=escaped(filters.styles[browsing.style_id])))
    if browsing.challenge_id in filters.challenges:
        parts.append(_("From the challenge “{title}”", title=escaped(filters.challenges[browsing.challenge_id][0])))
    return " · ".join(parts)
