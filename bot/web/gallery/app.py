"""The web application of the gallery: read-only pages without scripts."""

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.core.i18n import N_, _, use_language
from bot.web.gallery.context import GALLERY, GalleryContext
from bot.web.gallery.handlers import routes
from bot.web.gallery.rendering import PAGES, rendered

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
ASSETS = {
    "gallery.css": (PAGES / "gallery.css", "text/css"),
    "icon.svg": (PAGES.parent.parent / "pages" / "icon.svg", "image/svg+xml"),
}
REFUSALS = {
    400: N_("This address has something in it that I can't read; go back and follow a link."),
    403: N_(
        "This gallery is for the members of its server. The command /gallery web in Discord gives you a link that is "
        "good for a day."
    ),
    404: N_("There is nothing here; it may have been removed."),
    503: N_("Discord doesn't answer me at the moment. Reload this page in a minute."),
}


def add_gallery(app: web.Application, gallery: GalleryContext) -> None:
    """Add the gallery's routes to an application, under /gallery."""
    pages = web.Application(middlewares=[_errors_as_pages])
    pages[GALLERY] = gallery
    pages.on_response_prepare.append(_add_headers)
    pages.router.add_get("/static/{name}", _asset)
    pages.router.add_routes(routes)
    app.add_subapp("/gallery", pages)


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")


@web.middleware
async def _errors_as_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Set the server's language, and answer an HTTP error with a page that explains it."""
    auth = request.app[GALLERY].porter
    locale = auth.servers.locale(int(request.match_info.get("guild", "0")))
    with use_language(locale):
        try:
            return await handler(request)
        except (web.HTTPBadRequest, web.HTTPForbidden, web.HTTPNotFound, web.HTTPServiceUnavailable) as error:
            sentence = _(REFUSALS[error.status])
            root = auth.passes.path()
            page = rendered("refusal.html", locale, root=root, sentence=sentence)
            page.set_status(error.status)
            return page


async def _asset(request: web.Request) -> web.FileResponse:
    path, content_type = ASSETS.get(request.match_info["name"], (None, ""))
    if path is None:
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Content-Type": content_type, "Cache-Control": "public, max-age=3600"})
