"""Who may open a server's gallery on the web, and which part of it."""

from dataclasses import dataclass

from aiohttp import web

from bot.jobs.preferences import SettingsDesk
from bot.jobs.servers import Server, Servers
from bot.records import WebAccess
from bot.web.gallery.addresses import number_in_path
from bot.web.gallery.passes import LIFETIME_SECONDS, GalleryPasses

COOKIE = "atelier_pass"


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody looks at a server's gallery."""

    guild_id: int
    server: Server
    is_public: bool

    @property
    def channels(self) -> frozenset[int]:
        """The channels from which something may be shown."""
        return self.server.channels


@dataclass(frozen=True, slots=True)
class Porter:
    """Lets visitors in."""

    passes: GalleryPasses
    settings: SettingsDesk
    servers: Servers

    async def admit(self, request: web.Request) -> Visit:
        """Return the visit that a request is. Raises HTTPNotFound where a server shows no gallery, HTTPForbidden."""
        guild_id, server, access = await self._asked_for(request)
        if access is WebAccess.MEMBERS and not self.passes.admits(request.cookies.get(COOKIE, ""), guild_id):
            raise web.HTTPForbidden
        return Visit(guild_id, server, is_public=access is WebAccess.PUBLIC)

    async def open(self, request: web.Request) -> web.Response:
        """Answer a signed link: the pass goes from the address into a cookie. Raises as `admit` does."""
        guild_id, _, _ = await self._asked_for(request)
        token = request.match_info["token"]
        if not self.passes.admits(token, guild_id):
            raise web.HTTPForbidden
        path = self.passes.path(guild_id)
        answer = web.Response(status=303, headers={"Location": path})
        is_secure = self.passes.root.scheme == "https"
        answer.set_cookie(
            COOKIE, token, path=path, max_age=LIFETIME_SECONDS, httponly=True, samesite="Lax", secure=is_secure
        )
        return answer

    async def _asked_for(self, request: web.Request) -> tuple[int, Server, WebAccess]:
        guild_id = number_in_path(request, "guild")
        access = (await self.settings.of_guild(guild_id)).web
        server = self.servers.server(guild_id, public=access is WebAccess.PUBLIC)
        if server is None or access is WebAccess.OFF:
            raise web.HTTPNotFound
        return guild_id, server, access
