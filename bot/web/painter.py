"""The painter: a page on which a member paints what is to change, opened by a signed link."""

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
    """What a member paints on.

    `picture` and `mask_image` are PNGs of one size; the mask is mode L, 255 = repaint, else 0, and may be all 0.
    `feather` is in pixels of the picture, 0 to 64.
    """

    picture: bytes
    mask_image: bytes
    feather: int
    prompt: str


class PainterContext(Protocol):
    """Who keeps the drafts that regions are painted for."""

    async def sheet(self, draft_id: int, nonce: str) -> PainterPage | None:
        """Return what to paint on, or None where the link was used or its draft is gone."""
        ...

    async def take_mask(self, draft_id: int, nonce: str, mask_image: Image.Image, feather: int) -> bool:
        """Take the painted region and use up the link, at once; return False where it was used up already.

        `mask_image` has mode L and the picture's size, 255 = repaint, else 0. A UserError is shown on the page.
        """
        ...


@dataclass(frozen=True, slots=True)
class PainterHost:
    """What the painter's routes need."""

    links: PainterLinks
    desk: PainterContext

    async def opened(self, token: str) -> tuple[PainterLink, PainterPage]:
        """Return what a link says and the sheet it opens. Raises LinkError."""
        link = self.links.read(token)
        sheet = await self.desk.sheet(link.draft_id, link.nonce)
        if sheet is None:
            raise LinkGoneError
        return link, sheet


PAINTER = web.AppKey("painter", PainterHost)


def add_painter(app: web.Application, links: PainterLinks, desk: PainterContext) -> None:
    """Serve the painter under /paint of an application."""
    painter = web.Application(middlewares=[_refusals_in_words])
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
async def _refusals_in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a refusal with its sentence."""
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
        _, sheet = await _opened(request)
    except UserError as error:
        return _filled("refused.html", _status(error), sentence=str(error))
    size = picture_size(sheet.picture)
    width, height = display_size(size)
    return _filled(
        "painter.html",
        200,
        prompt=sheet.prompt,
        width=width,
        height=height,
        picture_width=size[0],
        feather=sheet.feather,
        max_feather=MAX_FEATHER,
    )


def _filled(name: str, status: int, **values: str | int) -> web.Response:
    """Return a page with values in it, which may be what a member has written."""
    template = string.Template((PAGES / name).read_text("utf-8"))
    escaped = {key: html.escape(str(value)) for key, value in values.items()}
    return web.Response(text=template.substitute(escaped), status=status, content_type="text/html")


async def _picture(request: web.Request) -> web.Response:
    _, sheet = await _opened(request)
    return web.Response(body=await asyncio.to_thread(display_picture, sheet.picture), content_type="image/webp")


async def _mask(request: web.Request) -> web.Response:
    _, sheet = await _opened(request)
    return web.Response(body=await asyncio.to_thread(display_mask, sheet.mask_image), content_type="image/png")


async def _take_mask(request: web.Request) -> web.Response:
    painter = request.app[PAINTER]
    if not _is_from_the_page(request, painter.links.origin):
        raise web.HTTPForbidden(text="A region can only be sent from its own page.")
    link, sheet = await _opened(request)
    feather = _feather(request)
    data = await _read_mask_bytes(request)
    mask_image = await read_painted_mask(data, picture_size(sheet.picture))
    if not await painter.desk.take_mask(link.draft_id, link.nonce, mask_image, feather):
        raise LinkGoneError
    return web.Response(status=204)


async def _opened(request: web.Request) -> tuple[PainterLink, PainterPage]:
    return await request.app[PAINTER].opened(request.match_info["token"])


def _is_from_the_page(request: web.Request, origin: str) -> bool:
    """Return whether the browser says that our own page sends this. Over plain HTTP it only names the origin."""
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
    async for piece in request.content.iter_any():
        data += piece
        if len(data) > MAX_MASK_BYTES:
            raise web.HTTPRequestEntityTooLarge(
                MAX_MASK_BYTES, len(data), text="The region is too large; reload the page and paint it again."
            )
    return bytes(data)
