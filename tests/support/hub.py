"""A local HTTP server with one repository in the format of the Hugging Face Hub."""

import hashlib
from pathlib import Path
from typing import Any

from aiohttp import web

SHA = "a" * 40


REPOSITORY = "studio/tiny-inpainting"


class Hub:
    """One repository on a loopback port; `refusal` makes every answer an error of the Hub's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.refusal: tuple[int, str] | None = None
        self.fetched: list[str] = []
        self.address = ""
        self.app = web.Application(middlewares=[self._refuse])
        self.app.router.add_get("/api/models/{repo:[^/]+/[^/]+}/revision/{revision}", self._info)
        self.app.router.add_get("/api/models/{repo:[^/]+/[^/]+}/tree/{revision}", self._tree)
        self.app.router.add_get("/{repo:[^/]+/[^/]+}/resolve/{revision}/{name:.+}", self._file)

    @web.middleware
    async def _refuse(self, request: web.Request, handler: Any) -> web.StreamResponse:
        known = request.match_info.get("repo") == REPOSITORY
        refusal = self.refusal or (None if known else (404, "RepoNotFound"))
        if refusal:
            return web.json_response({"error": "no"}, status=refusal[0], headers={"X-Error-Code": refusal[1]})
        if request.match_info["revision"] not in ("main", SHA):
            return web.json_response({"error": "no"}, status=404, headers={"X-Error-Code": "RevisionNotFound"})
        return await handler(request)

    async def _info(self, _request: web.Request) -> web.Response:
        return web.json_response({"id": REPOSITORY, "sha": SHA, "siblings": [], "private": False})

    async def _tree(self, _request: web.Request) -> web.Response:
        entries = [
            {"type": "file", "path": str(path.relative_to(self.folder)), "size": path.stat().st_size, "oid": "0" * 40}
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        ]
        return web.json_response(entries)

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        data = (self.folder / name).read_bytes()
        if request.method == "GET":
            self.fetched.append(name)
        headers = {"X-Repo-Commit": SHA, "ETag": f'"{hashlib.sha1(data).hexdigest()}"'}
        return web.Response(body=data, headers=headers)
