"""The gallery as a card: pictures, what one can look for, and the pages."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import discord
from discord import ui
from numpy import base_repr

from bot.core.i18n import N_, _
from bot.creations.models import Creation, Kind
from bot.gallery.filter_views import describe_filters, first_page, without_filters
from bot.gallery.models import NO_FILTERS, Browsing, Filters, GalleryView, Page
from bot.settings.models import STAR, WebAccess
from bot.ui.cards import WORKING, Card, Upload, card, gallery
from bot.ui.dynamic_items import PersistentItem
from bot.ui.text import escaped

# Discord takes 100 characters, of which words may be 40: views and kinds are cut, numbers in base 36, and none for 0.
STATE = (
    r"(?P<view>[a-z]+):(?P<user_id>[0-9A-Z]*):(?P<kind>[a-z]+):(?P<days>[0-9A-Z]*):(?P<score>[0-9A-Z]*):"
    r"(?P<after>[0-9A-Z]*):(?P<way>[bf]):(?P<like>[0-9A-Z]*):(?P<style_id>[0-9A-Z]*):(?P<challenge_id>[0-9A-Z]*):"
    r"(?P<words>.*)"
)
NUMBERS = ("user_id", "days", "score", "after", "like", "style_id", "challenge_id")
TITLES = {
    GalleryView.NEWEST: N_("The gallery"),
    GalleryView.TOP: N_("What members like most"),
    GalleryView.FAVOURITES: N_("Your favourites"),
    GalleryView.RANDOM: N_("Pictures by chance"),
    GalleryView.MEANING: N_("What means about the same"),
    GalleryView.ALIKE: N_("Pictures like this one"),
}


class _Browses(PersistentItem):
    """Carries where a member stands in the gallery."""

    browsing: Browsing

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """See discord.ui.DynamicItem."""
        return cls(_decoded(match))  # pyright: ignore[reportCallIssue]


class PageButton(_Browses, ui.DynamicItem[ui.Button[Any]], template=f"page:{STATE}"):
    """Goes to a page."""

    def __init__(self, browsing: Browsing, label: str = "") -> None:
        self.browsing = browsing
        super().__init__(ui.Button(label=label, custom_id=f"page:{_encoded(browsing)}"))

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Show it."""
        await interaction.client.galleries.turn(interaction, self.browsing)


class FilterButton(_Browses, ui.DynamicItem[ui.Button[Any]], template=f"filter:{STATE}"):
    """Asks which of the pictures shall be shown."""

    def __init__(self, browsing: Browsing) -> None:
        self.browsing = first_page(browsing)
        super().__init__(ui.Button(label=_("Filter …"), custom_id=f"filter:{_encoded(self.browsing)}"))

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Ask."""
        await interaction.client.galleries.ask_filters(interaction, self.browsing)


class OpenSelect(PersistentItem, ui.DynamicItem[ui.Select[Any]], template="open"):
    """Shows one of the pictures alone, with all that one can do with it."""

    def __init__(self, creations: Sequence[Creation] = ()) -> None:
        options = [
            discord.SelectOption(label=_("Picture {number}", number=each.id), value=str(each.id)) for each in creations
        ]
        super().__init__(ui.Select(custom_id="open", placeholder=_("Open a picture …"), options=options))

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Show it."""
        await interaction.client.results.show(interaction, int(self.item.values[0]))


def gallery_card(
    browsing: Browsing,
    page: Page,
    files: tuple[Upload, ...],
    filters: Filters = NO_FILTERS,
    *,
    knows_meanings: bool = False,
) -> Card:
    """Show a page of the gallery, with links to the messages of its pictures.

    `filters` has the names of what is filtered; `knows_meanings` is whether what no prompt has in words can be looked
    for by what prompts mean.
    """
    title = "## " + _(TITLES[browsing.view])
    if browsing.user_id and browsing.view is not GalleryView.FAVOURITES:
        title += f" · <@{browsing.user_id}>"
    if browsing.words:
        title += f" · {escaped(browsing.words)}"
    if browsing.like:
        title += f" · #{browsing.like}"
    if filtered := describe_filters(browsing, filters):
        title += f"\n-# {filtered}"
    if not page.creations:
        meaning = PageButton(
            replace(browsing, view=GalleryView.MEANING, after=0, backwards=False), _("Search by meaning")
        )
        has_words = bool(browsing.words) and browsing.view is GalleryView.NEWEST
        others = [meaning] if has_words and knows_meanings else []
        return card(WORKING, title, _("No pictures here."), ui.ActionRow[Any](*others, *_filters(browsing)))
    lines = [credit(each) for each in page.creations]
    opening = ui.ActionRow[Any](OpenSelect(page.creations))
    turns = ui.ActionRow[Any](*_turns(browsing, page), *_filters(browsing))
    return card(WORKING, title, gallery(files), "\n".join(lines), opening, turns, files=files)


def credit(creation: Creation) -> str:
    """Return who made a picture and how many like it, with a link to its message."""
    likes = f" · {STAR} {creation.score}" if creation.score else ""
    return f"[#{creation.id}]({creation.link}) <@{creation.user_id}>{likes}"


def web_card(url: str, access: WebAccess) -> Card:
    """Show the way to a server's gallery on the web."""
    text = (
        _("Everybody may look at the gallery on the web.")
        if access is WebAccess.PUBLIC
        else _("This link opens the gallery on the web for a day. It is for members: keep it to yourself.")
    )
    button = ui.Button[Any](label=_("The gallery on the web"), url=url)
    return card(WORKING, text, ui.ActionRow[Any](button))


def _turns(browsing: Browsing, page: Page) -> list[PageButton]:
    if browsing.view is GalleryView.RANDOM:
        return [PageButton(browsing, _("Others"))]
    first, last = page.creations[0], page.creations[-1]
    turns = []
    if page.has_newer:
        turns.append(PageButton(replace(browsing, after=first.id, score=first.score, backwards=True), _("◀ Back")))
    if page.has_older:
        turns.append(PageButton(replace(browsing, after=last.id, score=last.score, backwards=False), _("More ▶")))
    return turns


def _filters(browsing: Browsing) -> list[FilterButton | PageButton]:
    everything = without_filters(browsing)
    is_filtered = everything != first_page(browsing)
    return [FilterButton(browsing), *([PageButton(everything, _("Without filters"))] if is_filtered else [])]


def _encoded(browsing: Browsing) -> str:
    numbers = {name: base_repr(getattr(browsing, name), 36).lstrip("0") for name in NUMBERS}
    parts = (
        browsing.view[:1],
        numbers["user_id"],
        browsing.kind[:3],
        numbers["days"],
        numbers["score"],
        numbers["after"],
        "b" if browsing.backwards else "f",
        numbers["like"],
        numbers["style_id"],
        numbers["challenge_id"],
        browsing.words,
    )
    return ":".join(parts)


def _decoded(match: re.Match[str]) -> Browsing:
    numbers = {name: int(match[name] or "0", 36) for name in NUMBERS}
    view = next(view for view in GalleryView if view.startswith(match["view"]))
    kind = next(kind for kind in Kind if kind.startswith(match["kind"]))
    return Browsing(view, kind=kind, backwards=match["way"] == "b", words=match["words"], **numbers)
