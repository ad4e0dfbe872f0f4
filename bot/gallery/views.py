"""The gallery's card: pictures, filters and page buttons."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol, Self

import discord
from discord import ui
from numpy import base_repr

from bot.core.i18n import N_, _
from bot.creations.models import Creation, Kind
from bot.gallery.filter_views import describe_filters, first_page, without_filters
from bot.gallery.models import NO_FILTERS, Browsing, Filters, GalleryView, Page
from bot.jobs.result_views import PictureSelect, picture_options
from bot.settings.models import STAR, WebAccess
from bot.ui.cards import WORKING, Card, Upload, card, gallery
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction
from bot.ui.text import escaped

# A custom id has at most 100 characters, and the words take up to 40: so views and kinds are abbreviated, and numbers
# are in base 36, empty for 0.
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


class GalleryPages(Protocol):
    """The gallery that the buttons act on: `bot.gallery.cog.Galleries`."""

    async def turn(self, interaction: Interaction, browsing: Browsing) -> None:
        """Show another page in the same message."""
        ...

    async def ask_filters(self, interaction: Interaction, browsing: Browsing) -> None:
        """Ask for filters in a modal."""
        ...


class _GalleryItem(PersistentItem):
    """Base of items that carry a view, its filters and its cursor in their custom id."""

    browsing: Browsing

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Decode the custom id; see `discord.ui.DynamicItem.from_custom_id`."""
        return cls(_decode(match))  # pyright: ignore[reportCallIssue]


class PageButton(_GalleryItem, ui.DynamicItem[ui.Button[Any]], template=f"page:{STATE}"):
    """Button that shows another page or view of the gallery."""

    def __init__(self, browsing: Browsing, label: str = "") -> None:
        self.browsing = browsing
        super().__init__(ui.Button(label=label, custom_id=f"page:{_encode(browsing)}"))

    async def pressed(self, interaction: Interaction, controller: GalleryPages) -> None:
        """Redraw the card with the button's page."""
        await controller.turn(interaction, self.browsing)


class FilterButton(_GalleryItem, ui.DynamicItem[ui.Button[Any]], template=f"filter:{STATE}"):
    """Button that opens the modal with the gallery's filters."""

    def __init__(self, browsing: Browsing) -> None:
        self.browsing = first_page(browsing)
        super().__init__(ui.Button(label=_("Filter …"), custom_id=f"filter:{_encode(self.browsing)}"))

    async def pressed(self, interaction: Interaction, controller: GalleryPages) -> None:
        """Open the filter modal."""
        await controller.ask_filters(interaction, self.browsing)


class OpenSelect(PictureSelect, ui.DynamicItem[ui.Select[Any]], template="open"):
    """Select that shows one picture of the page with its actions."""

    def __init__(self, creations: Sequence[Creation] = ()) -> None:
        options = picture_options(creations)
        super().__init__(ui.Select(custom_id=self.custom_id_for(), placeholder=_("Open a picture …"), options=options))


def gallery_card(
    browsing: Browsing,
    page: Page,
    files: tuple[Upload, ...],
    filters: Filters = NO_FILTERS,
    *,
    knows_meanings: bool = False,
) -> Card:
    """Return the card of a gallery page, with links to the messages of its pictures.

    `filters` has the names of the active filters. `knows_meanings` is whether prompts can be searched by meaning: then
    a search by words without a result offers that.
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
        return card(WORKING, title, _("No pictures here."), ui.ActionRow[Any](*others, *_filter_buttons(browsing)))
    lines = [credit(each) for each in page.creations]
    opening = ui.ActionRow[Any](OpenSelect(page.creations))
    turns = ui.ActionRow[Any](*_page_buttons(browsing, page), *_filter_buttons(browsing))
    return card(WORKING, title, gallery(files), "\n".join(lines), opening, turns, files=files)


def credit(creation: Creation) -> str:
    """Return a line with the picture's number and message link, its maker, and its score if not 0."""
    likes = f" · {STAR} {creation.score}" if creation.score else ""
    return f"[#{creation.id}]({creation.link}) <@{creation.user_id}>{likes}"


def web_card(url: str, access: WebAccess) -> Card:
    """Return the card with the link to a server's gallery on the web."""
    text = (
        _("Everybody may look at the gallery on the web.")
        if access is WebAccess.PUBLIC
        else _("This link opens the gallery on the web for a day. It is for members: keep it to yourself.")
    )
    button = ui.Button[Any](label=_("The gallery on the web"), url=url)
    return card(WORKING, text, ui.ActionRow[Any](button))


def _page_buttons(browsing: Browsing, page: Page) -> list[PageButton]:
    if browsing.view is GalleryView.RANDOM:
        return [PageButton(browsing, _("Others"))]
    first, last = page.creations[0], page.creations[-1]
    turns = []
    if page.has_newer:
        turns.append(PageButton(replace(browsing, after=first.id, score=first.score, backwards=True), _("◀ Back")))
    if page.has_older:
        turns.append(PageButton(replace(browsing, after=last.id, score=last.score, backwards=False), _("More ▶")))
    return turns


def _filter_buttons(browsing: Browsing) -> list[FilterButton | PageButton]:
    everything = without_filters(browsing)
    is_filtered = everything != first_page(browsing)
    return [FilterButton(browsing), *([PageButton(everything, _("Without filters"))] if is_filtered else [])]


def _encode(browsing: Browsing) -> str:
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


def _decode(match: re.Match[str]) -> Browsing:
    numbers = {name: int(match[name] or "0", 36) for name in NUMBERS}
    view = next(view for view in GalleryView if view.startswith(match["view"]))
    kind = next(kind for kind in Kind if kind.startswith(match["kind"]))
    return Browsing(view, kind=kind, backwards=match["way"] == "b", words=match["words"], **numbers)
