"""What addresses of the gallery ask for, read from what anybody may send."""

import re
from dataclasses import replace
from urllib.parse import urlencode

from aiohttp import web

from bot.gallery.models import Browsing, GalleryView, Page

# The largest integer that databases take.
LARGEST = 2**63 - 1
LONGEST_SEARCH = 100


def number_in_path(request: web.Request, name: str) -> int:
    """Return a number of the address. Raises HTTPNotFound where nothing can have it."""
    number = int(request.match_info[name])
    if not 0 < number <= LARGEST:
        raise web.HTTPNotFound
    return number


def browsing_of(request: web.Request, **fixed: int) -> Browsing:
    """Return what a page of pictures is asked for, within what is `fixed`. Raises HTTPBadRequest."""
    after, before, score = (_number_in_query(request, name) for name in ("after", "before", "score"))
    sought = request.query.get("q", "")
    if len(sought) > LONGEST_SEARCH:
        raise web.HTTPBadRequest
    words = " ".join(re.findall(r"\w+", sought))
    view = GalleryView.TOP if request.query.get("view") == GalleryView.TOP and not words else GalleryView.NEWEST
    browsing = Browsing(view, score=score, after=before or after, backwards=before > 0, words=words)
    return replace(browsing, **fixed)


def _number_in_query(request: web.Request, name: str) -> int:
    text = request.query.get(name, "0")
    if not re.fullmatch("[0-9]{1,19}", text) or int(text) > LARGEST:
        raise web.HTTPBadRequest
    return int(text)


def turns(browsing: Browsing, page: Page) -> dict[str, str]:
    """Return the query of the page before (`newer`) and after (`older`) this one, as far as there are any."""
    found = {}
    if page.creations and page.has_newer:
        found["newer"] = _query(browsing, before=page.creations[0].id, score=page.creations[0].score)
    if page.creations and page.has_older:
        found["older"] = _query(browsing, after=page.creations[-1].id, score=page.creations[-1].score)
    return found


def _query(browsing: Browsing, score: int, **edge: int) -> str:
    is_top = browsing.view is GalleryView.TOP
    words = {"q": browsing.words} if browsing.words else {}
    return "?" + urlencode({**words, **({"view": GalleryView.TOP.value, "score": score} if is_top else {}), **edge})
