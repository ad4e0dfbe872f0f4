"""Drafts: `/inpaint`, and the regions that members choose before anything is painted."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bot.database.file_references import named_files
from bot.drafts.cog import Inpaint
from bot.drafts.collector import Collector
from bot.drafts.controller import DraftCards
from bot.drafts.items import CellsSelect, DraftButton, ThingSelect
from bot.drafts.region_finder import RegionFinder
from bot.drafts.service import DraftService
from bot.drafts.store import DraftStore
from bot.kernel import Kernel
from bot.ui.feature import Feature, Items


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftsFeature(Feature):
    """Drafts, and what other features use of them."""

    service: DraftService
    cards: DraftCards
    collector: Collector


def setup(kernel: Kernel, paint_url: Callable[[int, str], str] | None) -> DraftsFeature:
    """Return drafts. `paint_url` returns the painter's link for a draft's id and nonce; None if there is no painter."""
    store = DraftStore(kernel.database)
    service = DraftService(store, kernel.files, kernel.jobs, kernel.unknown_words, paint_url)
    finder = RegionFinder(kernel.engine)
    cards = DraftCards(kernel.client, service, finder, kernel.settings, kernel.files, kernel.given)
    service.on_painted = cards.painted
    collector = Collector(store, kernel.files, partial(named_files, kernel.database))
    return DraftsFeature(
        cogs=(Inpaint(cards, kernel.settings, kernel.styles, kernel.proposals),),
        items=(Items(cards, (DraftButton, CellsSelect, ThingSelect)),),
        tasks=(collector,),
        service=service,
        cards=cards,
        collector=collector,
    )
