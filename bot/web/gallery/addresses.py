"""Parsing and building of the gallery's URLs; their values are untrusted input."""

import re
from dataclasses import replace
from urllib.parse import urlencode

from aiohttp import web

from bot.gallery.models import Browsing, GalleryView, Page

# The largest integer of the databases: signed 64 bit.
LARGEST = 2**63 - 1
LONGEST_SEARCH = 100


def number_in_path(request: web.Request, name: str) -> int:
    """Return a number of the path. Raises HTTPNotFound if it is no possible id: 0, or above 2^63 - 1."""
    number = int(request.match_info[name])
    if not 0 < number <= LARGEST:
        raise web.HTTPNotFound
    return number


def browsing_of(request: web.Request, **fixed: int) -> Browsing:
    """Return the view, words and cursor of the query string; `fixed` sets other fields of `Browsing`.

    Raises HTTPBadRequest if a number is not valid or the search text is too long.
    """
    after, before, score = (_number_in_query(request, name) for name in ("after", "before", "score"))
    search_text = request.query.get("q", "")
    if len(search_text) > LONGEST_SEARCH:
        raise web.HTTPBadRequest
    words = " ".join(re.findall(r"\w+", search_text))
    view = GalleryView.TOP if request.query.get("view") == GalleryView.TOP and not words else GalleryView.NEWEST
    browsing = Browsing(view, score=score, after=before or after, backwards=before > 0, words=words)
    return replace(browsing, **fixed)


def _number_in_query(request: web.Request, name: str) -> int:
    text = request.query.get(name, "0")
    if not re.fullmatch("[0-9]{1,19}", text) or int(text) > LARGEST:
        raise web.HTTPBadRequest
    return int(text)


def turns(browsing: Browsing, page: Page) -> dict[str, str]:
    """Return the query strings of the pages before (`newer`) and after (`older`) this one, if they exist."""
    queries = {}
    if page.creations and page.has_newer:
        queries["newer"] = _query(browsing, before=page.creations[0].id, score=page.creations[0].score)
    if page.creations and page.has_older:
        queries["older"] = _query(browsing, after=page.creations[-1].id, score=page.creations[-1].score)
    return queries


def _query(browsing: Browsing, score: int, **cursor: int) -> str:
    is_top = browsing.view is GalleryView.TOP
    words = {"q": browsing.words} if browsing.words else {}
    return "?" + urlencode({**words, **({"view": GalleryView.TOP.value, "score": score} if is_top else {}), **cursor})
