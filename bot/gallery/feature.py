"""The gallery in Discord: browsing, filters, search, and pictures that are alike."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.gallery.cog import Galleries
from bot.gallery.filter_store import FilterStore
from bot.gallery.similarity import Likeness
from bot.gallery.similarity_store import LikenessStore
from bot.gallery.store import BrowsingStore
from bot.gallery.views import FilterButton, PageButton
from bot.kernel import Kernel
from bot.settings.models import WebAccess
from bot.ui.feature import Feature, Items


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryFeature(Feature):
    """The gallery, and what other features use of it."""

    browsing: BrowsingStore
    filters: FilterStore
    likeness: Likeness
    cog: Galleries


def setup(kernel: Kernel, web_link: Callable[[int, int, WebAccess], str] | None) -> GalleryFeature:
    """Return the gallery. `web_link` returns a member's link to the web gallery; None if there is no web gallery."""
    browsing, filters = BrowsingStore(kernel.database), FilterStore(kernel.database)
    stores = (browsing, LikenessStore(kernel.database), kernel.creations)
    likeness = Likeness(*stores, kernel.files, kernel.engine)
    kernel.dispatcher.on_kept = likeness.kept
    kernel.removal.on_taken.append(likeness.forget)
    cog = Galleries(browsing, filters, likeness, kernel.files, kernel.settings, web_link)
    return GalleryFeature(
        cogs=(cog,),
        items=(Items(cog, (FilterButton, PageButton)),),
        tasks=(likeness,),
        browsing=browsing,
        filters=filters,
        likeness=likeness,
        cog=cog,
    )
