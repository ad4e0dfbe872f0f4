"""Access control of the gallery pages."""

import logging
from dataclasses import dataclass

from aiohttp import web

from bot.core.audience import Audience
from bot.core.errors import NotAllowedError
from bot.jobs.delivery import UNREACHABLE
from bot.moderation.blocks import BlockService
from bot.settings.models import WebAccess
from bot.settings.service import SettingsService
from bot.web.gallery.addresses import number_in_path
from bot.web.gallery.passes import LIFETIME_SECONDS, GalleryPasses
from bot.web.servers import Servers

log = logging.getLogger(__name__)

COOKIE = "atelier_pass"


@dataclass(frozen=True, slots=True)
class GalleryRequest:
    """An allowed request to a server's gallery: the server's id and name, and the audience whose pictures it may show.

    `is_public` is whether everybody may open the gallery.
    """

    guild_id: int
    server: str
    audience: Audience
    is_public: bool


@dataclass(frozen=True, slots=True)
class GalleryAuth:
    """Checks whether a visitor may open a server's gallery."""

    passes: GalleryPasses
    settings: SettingsService
    servers: Servers
    blocks: BlockService

    async def admit(self, request: web.Request) -> GalleryRequest:
        """Check a request, and return the access that it has.

        Raises HTTPNotFound if the server has no gallery on the web, HTTPForbidden if the visitor is not a member or is
        blocked, and HTTPServiceUnavailable if Discord can't be asked about them.
        """
        guild_id, server, access = await self._requested_gallery(request)
        if access is WebAccess.PUBLIC:
            return GalleryRequest(guild_id, server, self.servers.public(guild_id), is_public=True)
        user_id = self.passes.holder(request.cookies.get(COOKIE, ""), guild_id)
        audience = await self._member(guild_id, user_id) if user_id else None
        if audience is None:
            raise web.HTTPForbidden
        return GalleryRequest(guild_id, server, audience, is_public=False)

    async def _member(self, guild_id: int, user_id: int) -> Audience | None:
        try:
            await self.blocks.check(guild_id, user_id)
            return await self.servers.member(guild_id, user_id)
        except NotAllowedError:
            return None
        except UNREACHABLE as error:
            log.warning("could not fetch member %s of server %s", user_id, guild_id, exc_info=True)
            raise web.HTTPServiceUnavailable from error

    async def open(self, request: web.Request) -> web.Response:
        """Answer a signed link: move the pass from the URL into a cookie, and redirect to the gallery.

        Raises HTTPNotFound if the server has no gallery on the web, and HTTPForbidden if the pass is not valid.
        """
        guild_id, _, _ = await self._requested_gallery(request)
        token = request.match_info["token"]
        if self.passes.holder(token, guild_id) is None:
            raise web.HTTPForbidden
        path = self.passes.path(guild_id)
        answer = web.Response(status=303, headers={"Location": path})
        is_secure = self.passes.root.scheme == "https"
        answer.set_cookie(
            COOKIE, token, path=path, max_age=LIFETIME_SECONDS, httponly=True, samesite="Lax", secure=is_secure
        )
        return answer

    async def _requested_gallery(self, request: web.Request) -> tuple[int, str, WebAccess]:
        guild_id = number_in_path(request, "guild")
        access = (await self.settings.of_guild(guild_id)).web
        server = self.servers.server_name(guild_id)
        if server is None or access is WebAccess.OFF:
            raise web.HTTPNotFound
        return guild_id, server, access
