"""The painter: a page, opened by a signed link, on which a member paints the region to change."""

import asyncio
import html
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler
from PIL import Image

from bot.core.errors import MaskError, NotAllowedError, UserError
from bot.web.links import LinkError, LinkGoneError, PainterLink, PainterLinks
from bot.web.masks import display_mask, display_picture, display_size, picture_size, read_painted_mask

MAX_MASK_BYTES = 2 * 1024 * 1024
MAX_FEATHER = 64

PAGES = Path(__file__).parent / "pages"
CONTENT_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
ASSETS = {path.name: path for path in PAGES.iterdir() if path.suffix in CONTENT_TYPES}

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@dataclass(frozen=True, slots=True)
class PainterPage:
    """The content of a painter page.

    `picture` and `mask_image` are PNGs of one size; the mask is mode L, 255 = repaint, else 0, and may be all 0.
    `feather` is in pixels of the picture, 0 to 64.
    """

    picture: bytes
    mask_image: bytes
    feather: int
    prompt: str


class PainterContext(Protocol):
    """Access to the drafts whose regions are painted."""

    async def sheet(self, draft_id: int, nonce: str) -> PainterPage | None:
        """Return the content of the page, or None if the link was used or its draft is gone."""
        ...

    async def take_mask(self, draft_id: int, nonce: str, mask_image: Image.Image, feather: int) -> bool:
        """Store the painted region and invalidate the link in one step; return False if the link was used before.

        `mask_image` has mode L and the picture's size, 255 = repaint, else 0. A UserError is shown on the page.
        """
        ...


@dataclass(frozen=True, slots=True)
class PainterHost:
    """The dependencies of the painter's routes."""

    links: PainterLinks
    context: PainterContext

    async def opened(self, token: str) -> tuple[PainterLink, PainterPage]:
        """Return the content of a link and the page that it opens. Raises LinkError."""
        link = self.links.read(token)
        page = await self.context.sheet(link.draft_id, link.nonce)
        if page is None:
            raise LinkGoneError
        return link, page


PAINTER = web.AppKey("painter", PainterHost)


def add_painter(app: web.Application, links: PainterLinks, desk: PainterContext) -> None:
    """Add the painter's routes to an application, under /paint."""
    painter = web.Application(middlewares=[_errors_as_text])
    painter[PAINTER] = PainterHost(links, desk)
    painter.on_response_prepare.append(_add_headers)
    painter.router.add_get("/static/{name}", _asset)
    painter.router.add_get("/{token}", _page)
    painter.router.add_get("/{token}/picture", _picture)
    painter.router.add_get("/{token}/mask", _mask)
    painter.router.add_post("/{token}", _take_mask)
    app.add_subapp("/paint", painter)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


@web.middleware
async def _errors_as_text(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a UserError with its message as plain text, and the status of `_status`."""
    try:
        return await handler(request)
    except UserError as error:
        return web.Response(text=str(error), status=_status(error))


def _status(error: UserError) -> int:
    match error:
        case LinkGoneError():
            return 410
        case LinkError() | NotAllowedError():
            return 403
        case _:
            return 400


async def _asset(request: web.Request) -> web.FileResponse:
    path = ASSETS.get(request.match_info["name"])
    if path is None:
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Content-Type": CONTENT_TYPES[path.suffix]})


async def _page(request: web.Request) -> web.Response:
    try:
        _, page = await _opened(request)
    except UserError as error:
        return _rendered("refused.html", _status(error), sentence=str(error))
    size = picture_size(page.picture)
    width, height = display_size(size)
    return _rendered(
        "painter.html",
        200,
        prompt=page.prompt,
        width=width,
        height=height,
        picture_width=size[0],
        feather=page.feather,
        max_feather=MAX_FEATHER,
    )


def _rendered(name: str, status: int, **values: str | int) -> web.Response:
    """Fill in the template of a page; values are escaped, because members have written some of them."""
    template = string.Template((PAGES / name).read_text("utf-8"))
    escaped = {key: html.escape(str(value)) for key, value in values.items()}
    return web.Response(text=template.substitute(escaped), status=status, content_type="text/html")


async def _picture(request: web.Request) -> web.Response:
    _, page = await _opened(request)
    return web.Response(body=await asyncio.to_thread(display_picture, page.picture), content_type="image/webp")


async def _mask(request: web.Request) -> web.Response:
    _, page = await _opened(request)
    return web.Response(body=await asyncio.to_thread(display_mask, page.mask_image), content_type="image/png")


async def _take_mask(request: web.Request) -> web.Response:
    painter = request.app[PAINTER]
    if not _is_same_origin(request, painter.links.origin):
        raise web.HTTPForbidden(text="A region can only be sent from its own page.")
    link, page = await _opened(request)
    feather = _feather(request)
    data = await _read_mask_bytes(request)
    mask_image = await read_painted_mask(data, picture_size(page.picture))
    if not await painter.context.take_mask(link.draft_id, link.nonce, mask_image, feather):
        raise LinkGoneError
    return web.Response(status=204)


async def _opened(request: web.Request) -> tuple[PainterLink, PainterPage]:
    return await request.app[PAINTER].opened(request.match_info["token"])


def _is_same_origin(request: web.Request, origin: str) -> bool:
    """Return whether the request comes from our own page.

    Browsers send Sec-Fetch-Site only over HTTPS and to localhost; otherwise Origin is checked. A request with neither
    header is accepted.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin", origin) == origin


def _feather(request: web.Request) -> int:
    text = request.query.get("feather", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and int(text) <= MAX_FEATHER):
        raise MaskError(f"The soft edge has to be a whole number of pixels from 0 to {MAX_FEATHER}.")
    return int(text)


async def _read_mask_bytes(request: web.Request) -> bytes:
    data = bytearray()
    async for chunk in request.content.iter_any():
        data += chunk
        if len(data) > MAX_MASK_BYTES:
            raise web.HTTPRequestEntityTooLarge(
                MAX_MASK_BYTES, len(data), text="The region is too large; reload the page and paint it again."
            )
    return bytes(data)
