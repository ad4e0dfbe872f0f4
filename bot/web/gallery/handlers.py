"""Request handlers for the gallery's pages, pictures and feed."""

from aiohttp import web

from bot.challenges.labels import MEDALS
from bot.core.clock import now
from bot.gallery.models import Browsing, GalleryView, Page
from bot.imaging.images import thumbnail
from bot.web.gallery.access import GalleryRequest
from bot.web.gallery.addresses import number_in_path
from bot.web.gallery.context import GALLERY, admitted, cache_control, is_known, page_of, pictures_page

HOME, NUMBER = "/{guild:[0-9]{1,19}}", "{number:[0-9]{1,19}}"
EMPTY_PAGE = Page((), has_newer=False, has_older=False)

routes = web.RouteTableDef()


@routes.get(HOME + "/open/{token}")
async def _open(request: web.Request) -> web.Response:
    return await request.app[GALLERY].porter.open(request)


@routes.get(HOME)
async def _home(request: web.Request) -> web.Response:
    gallery, visit, browsing = await admitted(request)
    nothing_sought = request.query.get("q") and not browsing.words
    page = EMPTY_PAGE if nothing_sought else await gallery.page(visit, browsing)
    return await pictures_page(request, visit, "home.html", browsing, page)


@routes.get(f"{HOME}/m/{NUMBER}")
async def _member(request: web.Request) -> web.Response:
    user_id = number_in_path(request, "number")
    gallery, visit, browsing = await admitted(request, user_id=user_id)
    page = await gallery.page(visit, browsing)
    if not page.creations:
        raise web.HTTPNotFound
    return await pictures_page(request, visit, "member.html", browsing, page, people=[user_id], user_id=user_id)


@routes.get(f"{HOME}/c")
async def _challenges(request: web.Request) -> web.Response:
    gallery, visit, _ = await admitted(request)
    newest = await gallery.challenges.newest(visit.guild_id)
    challenges = [each for each in newest if visit.audience.may_view(each.channel_id)]
    return await page_of(request, visit, "challenges.html", challenges=challenges)


@routes.get(f"{HOME}/c/{NUMBER}")
async def _challenge(request: web.Request) -> web.Response:
    challenge_id = number_in_path(request, "number")
    gallery, visit, browsing = await admitted(request, challenge_id=challenge_id)
    challenge = await gallery.challenges.challenge(challenge_id, visit.guild_id)
    if challenge is None or not visit.audience.may_view(challenge.channel_id):
        raise web.HTTPNotFound
    entries = [each for each in await gallery.challenges.entries(challenge.id) if not each.disqualified]
    page = await gallery.page(visit, browsing)
    best = sorted((each for each in entries if 0 < each.place <= len(MEDALS)), key=lambda each: (each.place, each.id))
    seen = await gallery.creations.seen_of(visit.guild_id, [each.creation_id for each in best], visit.audience)
    podium = [(each.place, seen[each.creation_id]) for each in best if each.creation_id in seen]
    return await pictures_page(
        request,
        visit,
        "challenge.html",
        browsing,
        page,
        people=[creation.user_id for _, creation in podium],
        challenge=challenge,
        count=len(entries),
        podium=[] if browsing.after else podium,
    )


@routes.get(f"{HOME}/p/{NUMBER}")
async def _picture(request: web.Request) -> web.Response:
    creation_id = number_in_path(request, "number")
    gallery, visit, _ = await admitted(request)
    creation, parameters = await gallery.creation(visit, creation_id)
    family = await gallery.lineage.family(creation, visit.audience)
    ancestors = [each for each in family.ancestors if each.is_shown]
    return await page_of(
        request,
        visit,
        "picture.html",
        people=[each.user_id for each in (creation, *ancestors, *family.children)],
        creation=creation,
        parameters=parameters,
        ancestors=ancestors,
        children=family.children,
    )


@routes.get(f"{HOME}/feed.xml")
async def _feed(request: web.Request) -> web.Response:
    gallery, visit, _ = await admitted(request)
    page = await gallery.page(visit, Browsing(GalleryView.NEWEST))
    people = [each.user_id for each in page.creations]
    updated = page.creations[0].created_at if page.creations else now()
    address = gallery.porter.passes.address(visit.guild_id)
    return await page_of(request, visit, "feed.xml", people, page=page, updated=updated, address=address)


@routes.get(f"{HOME}/p/{NUMBER}.webp")
async def _thumbnail(request: web.Request) -> web.Response:
    creation_id = number_in_path(request, "number")
    gallery, visit, _ = await admitted(request)
    creation, _ = await gallery.creation(visit, creation_id)
    answer = web.Response(content_type="image/webp", headers=_picture_headers(visit))
    answer.etag = creation.file_key
    if is_known(request, creation.file_key):
        answer.set_status(304)
        return answer
    try:
        answer.body = await gallery.files.derived(creation.file_key, thumbnail)
    except FileNotFoundError as error:
        raise web.HTTPNotFound from error
    return answer


@routes.get(f"{HOME}/p/{NUMBER}.png")
async def _full_picture(request: web.Request) -> web.FileResponse:
    creation_id = number_in_path(request, "number")
    gallery, visit, _ = await admitted(request)
    creation, _ = await gallery.creation(visit, creation_id)
    return web.FileResponse(gallery.files.path(creation.file_key), headers=_picture_headers(visit))


def _picture_headers(visit: GalleryRequest) -> dict[str, str]:
    """Return the headers of a picture; a public one may be embedded by other sites."""
    headers = {"Cache-Control": cache_control(visit)}
    return {**headers, "Cross-Origin-Resource-Policy": "cross-origin"} if visit.is_public else headers
