"""The dependencies of the gallery pages, and the functions that all of them use."""

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
    """The services and stores from which the pages are built."""

    porter: GalleryAuth
    browsing: BrowsingStore
    creations: CreationStore
    lineage: LineageStore
    challenges: ChallengeStore
    files: FileStore

    async def page(self, visit: GalleryRequest, browsing: Browsing) -> Page:
        """Return a page of up to 24 pictures that the visitor may see."""
        return await self.browsing.page(visit.guild_id, browsing, visit.audience, size=ON_A_PAGE)

    async def creation(self, visit: GalleryRequest, creation_id: int) -> Made:
        """Return a picture and its parameters. Raises HTTPNotFound if it is missing or the visitor may not see it."""
        found = await self.creations.creation(visit.guild_id, creation_id, visit.audience)
        if found is None:
            raise web.HTTPNotFound
        return found


GALLERY = web.AppKey("gallery", GalleryContext)


async def admitted(request: web.Request, **fixed: int) -> tuple[GalleryContext, GalleryRequest, Browsing]:
    """Check access, and return the gallery, the allowed request, and the requested view.

    Raises the errors of `GalleryAuth.admit` and `browsing_of`; `fixed` is passed to the latter.
    """
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
    """Render a page with a grid of pictures; the names of their makers and of `people` are available to it."""
    people = [*people, *(each.user_id for each in page.creations)]
    page_links = turns(browsing, page)
    return await page_of(request, visit, template, people, browsing=browsing, page=page, turns=page_links, **values)


async def page_of(
    request: web.Request, visit: GalleryRequest, template: str, people: Iterable[int] = (), **values: object
) -> web.Response:
    """Render a page; `people` are the ids of the members that it names.

    A public page has an ETag, and the answer is 304 if the client already has it.
    """
    auth = request.app[GALLERY].porter
    locale = auth.servers.locale(visit.guild_id)
    names = await auth.servers.names(visit.guild_id, list(people))
    answer = rendered(
        template,
        locale,
        visit=visit,
        root=auth.passes.path(),
        home=auth.passes.path(visit.guild_id),
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
    """Return the Cache-Control header; caches revalidate before each use, so removed pictures disappear at once."""
    return f"{'public' if visit.is_public else 'private'}, no-cache"


def is_known(request: web.Request, tag: str) -> bool:
    """Return whether If-None-Match of the request has this strong ETag, or `*`."""
    return any(each.value in (tag, "*") for each in request.if_none_match or ())
