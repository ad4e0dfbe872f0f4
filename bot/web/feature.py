"""Web pages: the painter and the gallery."""

from dataclasses import dataclass
from functools import partial
from typing import Self

from bot.challenges.feature import ChallengesFeature
from bot.config import Settings
from bot.drafts.feature import DraftsFeature
from bot.gallery.feature import GalleryFeature
from bot.kernel import Kernel
from bot.moderation.feature import ModerationFeature
from bot.ui.feature import Feature
from bot.web.gallery.access import GalleryAuth
from bot.web.gallery.app import add_gallery
from bot.web.gallery.context import GalleryContext
from bot.web.gallery.passes import GalleryPasses
from bot.web.links import PainterLinks
from bot.web.painter import add_painter
from bot.web.painting import DraftPainter, signing_secret
from bot.web.servers import Servers


@dataclass(frozen=True, slots=True)
class Links:
    """Signed links to the painter and to the gallery."""

    painter: PainterLinks
    gallery: GalleryPasses

    @classmethod
    def of(cls, config: Settings) -> Self | None:
        """Return the links of an installation; None if it has no public address."""
        if not config.public_url:
            return None
        secret = signing_secret(config.home)
        return cls(PainterLinks(secret, config.public_url), GalleryPasses(secret, config.public_url))


def setup(
    kernel: Kernel,
    links: Links | None,
    drafts: DraftsFeature,
    gallery: GalleryFeature,
    challenges: ChallengesFeature,
    moderation: ModerationFeature,
) -> Feature:
    """Return the pages; none if the installation has no public address."""
    if links is None:
        return Feature()
    servers = Servers(kernel.client)
    painter = DraftPainter(drafts.service, servers, moderation.blocks, kernel.creations)
    auth = GalleryAuth(links.gallery, kernel.settings, servers, moderation.blocks)
    stores = (gallery.browsing, kernel.creations, kernel.lineage, challenges.store, kernel.files)
    return Feature(
        pages=(
            partial(add_painter, links=links.painter, desk=painter),
            partial(add_gallery, gallery=GalleryContext(auth, *stores)),
        )
    )
