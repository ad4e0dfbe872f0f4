"""The gallery as a card: pictures, what one can look for, and the pages."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import discord
from discord import ui

from bot.records import STAR, Browsing, Creation, Kind, Page, View, WebAccess
from bot.views.cards import escaped
from bot.views.lasting import Lasting
from bot.views.layout import WORKING, Card, Upload, card, gallery
from bot.words import later, say

STATE = (
    r"(?P<view>[a-z]+):(?P<user_id>\d+):(?P<kind>[a-z]+):(?P<days>\d+):(?P<score>\d+):(?P<after>\d+):"
    r"(?P<way>[bf]):(?P<like>\d+):(?P<words>.*)"
)
TITLES = {
    View.NEWEST: later("The gallery"),
    View.TOP: later("What members like most"),
    View.FAVOURITES: later("Your favourites"),
    View.RANDOM: later("Pictures by chance"),
    View.MEANING: later("What means about the same"),
    View.ALIKE: later("Pictures like this one"),
}
KINDS = {
    Kind.ALL: later("Of every kind"),
    Kind.IMAGINED: later("From words"),
    Kind.REPAINTED: later("Repainted regions"),
    Kind.REMIXED: later("Remixes"),
}
DAYS = {
    0: later("Of all time"),
    1: later("Of the last day"),
    7: later("Of the last week"),
    30: later("Of the last month"),
}


class _Browses(Lasting):
    """Carries where a member stands in the gallery."""

    browsing: Browsing

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """See discord.ui.DynamicItem."""
        return cls(_decoded(match))  # pyright: ignore[reportCallIssue]

    async def show(self, interaction: discord.Interaction[Any], browsing: Browsing) -> None:
        """Show another part of the gallery in the same card."""
        await interaction.client.galleries.turn(interaction, browsing)


class PageButton(_Browses, ui.DynamicItem[ui.Button[Any]], template=f"page:{STATE}"):
    """Goes to a page."""

    def __init__(self, browsing: Browsing, label: str = "") -> None:
        self.browsing = browsing
        super().__init__(ui.Button(label=label, custom_id=f"page:{_encoded(browsing)}"))

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Show it."""
        await self.show(interaction, self.browsing)


class KindSelect(_Browses, ui.DynamicItem[ui.Select[Any]], template=f"kind:{STATE}"):
    """Chooses which kind of pictures is shown."""

    def __init__(self, browsing: Browsing) -> None:
        self.browsing = browsing
        options = [
            discord.SelectOption(label=say(text), value=kind, default=kind is browsing.kind)
            for kind, text in KINDS.items()
        ]
        super().__init__(ui.Select(custom_id=f"kind:{_encoded(browsing)}", options=options))

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Show them from the first page."""
        await self.show(interaction, replace(self.browsing, kind=Kind(self.item.values[0]), after=0, backwards=False))


class DaysSelect(_Browses, ui.DynamicItem[ui.Select[Any]], template=f"days:{STATE}"):
    """Chooses how new the pictures are that are shown."""

    def __init__(self, browsing: Browsing) -> None:
        self.browsing = browsing
        options = [
            discord.SelectOption(label=say(text), value=str(days), default=days == browsing.days)
            for days, text in DAYS.items()
        ]
        super().__init__(ui.Select(custom_id=f"days:{_encoded(browsing)}", options=options))

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Show them from the first page."""
        await self.show(interaction, replace(self.browsing, days=int(self.item.values[0]), after=0, backwards=False))


class OpenSelect(Lasting, ui.DynamicItem[ui.Select[Any]], template="open"):
    """Shows one of the pictures alone, with all that one can do with it."""

    def __init__(self, creations: Sequence[Creation] = ()) -> None:
        options = [
            discord.SelectOption(label=say("Picture {number}", number=each.id), value=str(each.id))
            for each in creations
        ]
        super().__init__(ui.Select(custom_id="open", placeholder=say("Open a picture …"), options=options))

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """Show it."""
        await interaction.client.results.show(interaction, int(self.item.values[0]))


def gallery_card(browsing: Browsing, page: Page, files: tuple[Upload, ...], *, knows_meanings: bool = False) -> Card:
    """Show a page of the gallery, with links to the messages of its pictures.

    `knows_meanings` is whether what no prompt has in words can be looked for by what prompts mean.
    """
    title = "## " + say(TITLES[browsing.view])
    if browsing.user_id and browsing.view is not View.FAVOURITES:
        title += f" · <@{browsing.user_id}>"
    if browsing.words:
        title += f" · {escaped(browsing.words)}"
    if browsing.like:
        title += f" · #{browsing.like}"
    filters = [ui.ActionRow[Any](KindSelect(browsing)), ui.ActionRow[Any](DaysSelect(browsing))]
    if not page.creations:
        meaning = PageButton(replace(browsing, view=View.MEANING, after=0, backwards=False), say("Search by meaning"))
        has_words = bool(browsing.words) and browsing.view is View.NEWEST
        others = [ui.ActionRow[Any](meaning)] if has_words and knows_meanings else []
        return card(WORKING, title, say("No pictures here."), *others, *filters)
    lines = [credit(each) for each in page.creations]
    turns = _turns(browsing, page)
    pages = [ui.ActionRow[Any](*turns)] if turns else []
    opening = ui.ActionRow[Any](OpenSelect(page.creations))
    return card(WORKING, title, gallery(files), "\n".join(lines), opening, *filters, *pages, files=files)


def credit(creation: Creation) -> str:
    """Return who made a picture and how many like it, with a link to its message."""
    likes = f" · {STAR} {creation.score}" if creation.score else ""
    return f"[#{creation.id}]({creation.link}) <@{creation.user_id}>{likes}"


def web_card(url: str, access: WebAccess) -> Card:
    """Show the way to a server's gallery on the web."""
    text = (
        say("Everybody may look at the gallery on the web.")
        if access is WebAccess.PUBLIC
        else say("This link opens the gallery on the web for a day. It is for members: keep it to yourself.")
    )
    button = ui.Button[Any](label=say("The gallery on the web"), url=url)
    return card(WORKING, text, ui.ActionRow[Any](button))


def _turns(browsing: Browsing, page: Page) -> list[PageButton]:
    if browsing.view is View.RANDOM:
        return [PageButton(browsing, say("Others"))]
    first, last = page.creations[0], page.creations[-1]
    turns = []
    if page.has_newer:
        turns.append(PageButton(replace(browsing, after=first.id, score=first.score, backwards=True), say("◀ Back")))
    if page.has_older:
        turns.append(PageButton(replace(browsing, after=last.id, score=last.score, backwards=False), say("More ▶")))
    return turns


def _encoded(browsing: Browsing) -> str:
    way = "b" if browsing.backwards else "f"
    parts = (
        browsing.view,
        browsing.user_id,
        browsing.kind,
        browsing.days,
        browsing.score,
        browsing.after,
        way,
        browsing.like,
        browsing.words,
    )
    return ":".join(map(str, parts))


def _decoded(match: re.Match[str]) -> Browsing:
    numbers = {name: int(match[name]) for name in ("user_id", "days", "score", "after", "like")}
    backwards, words = match["way"] == "b", match["words"]
    return Browsing(View(match["view"]), kind=Kind(match["kind"]), backwards=backwards, words=words, **numbers)
