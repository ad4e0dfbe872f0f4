"""What the pages of galleries are made from, and what all of them share."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web

from bot.challenges.store import ChallengeStore
from bot.core.i18n import _
from bot.creations.lineage_store import LineageStore
from bot.creations.store import CreationStore, Made
from bot.database.file_store import FileStore
from bot.gallery.models import Browsing, Page
from bot.gallery.store import BrowsingStore
from bot.web.gallery.access import GalleryAuth, GalleryRequest
from bot.web.gallery.addresses import LONGEST_SEARCH, browsing_of, turns
from bot.web.gallery.rendering import rendered

ON_A_PAGE = 24


@dataclass(frozen=True, slots=True)
class GalleryContext:
    """What the pages are made from."""

    porter: GalleryAuth
    browsing: BrowsingStore
    creations: CreationStore
    lineage: LineageStore
    challenges: ChallengeStore
    files: FileStore

    async def page(self, visit: GalleryRequest, browsing: Browsing) -> Page:
        """Return pictures that the visitor may see."""
        return await self.browsing.page(visit.guild_id, browsing, visit.audience, size=ON_A_PAGE)

    async def creation(self, visit: GalleryRequest, creation_id: int) -> Made:
        """Return a picture that the visitor may see, and what made it. Raises HTTPNotFound."""
        found = await self.creations.creation(visit.guild_id, creation_id, visit.audience)
        if found is None:
            raise web.HTTPNotFound
        return found


GALLERY = web.AppKey("gallery", GalleryContext)


async def admitted(request: web.Request, **fixed: int) -> tuple[GalleryContext, GalleryRequest, Browsing]:
    """Return the gallery, the visit, and what of it is asked for, within what is `fixed`."""
    gallery = request.app[GALLERY]
    return gallery, await gallery.porter.admit(request), browsing_of(request, **fixed)


async def pictures_page(
    request: web.Request,
    visit: GalleryRequest,
    template: str,
    browsing: Browsing,
    page: Page,
    people: Iterable[int] = (),
    **values: object,
) -> web.Response:
    """Return a page that shows a grid of pictures."""
    people = [*people, *(each.user_id for each in page.creations)]
    turned = turns(browsing, page)
    return await page_of(request, visit, template, people, browsing=browsing, page=page, turns=turned, **values)


async def page_of(
    request: web.Request, visit: GalleryRequest, template: str, people: Iterable[int] = (), **values: object
) -> web.Response:
    """Return a page that names `people`."""
    porter = request.app[GALLERY].porter
    locale = porter.servers.locale(visit.guild_id)
    names = await porter.servers.names(visit.guild_id, list(people))
    answer = rendered(
        template,
        locale,
        visit=visit,
        root=porter.passes.path(),
        home=porter.passes.path(visit.guild_id),
        sought=request.query.get("q", ""),
        longest_search=LONGEST_SEARCH,
        name_of=lambda user_id: names.get(user_id) or _("a member"),
        **values,
    )
    if visit.is_public:
        answer.headers["Cache-Control"] = cache_control(visit)
        answer.etag = tag = hashlib.sha256((answer.text or "").encode()).hexdigest()
        if is_known(request, tag):
            answer.body = None
            answer.set_status(304)
    return answer


def cache_control(visit: GalleryRequest) -> str:
    """Return who may keep an answer; whoever keeps it asks before each use whether it is still so.

    Nothing is good for a time: what is removed is gone with the next request.
    """
    return f"{'public' if visit.is_public else 'private'}, no-cache"


def is_known(request: web.Request, tag: str) -> bool:
    """Return whether who asks has what this strong ETag names."""
    return any(each.value in (tag, "*") for each in request.if_none_match or ())
