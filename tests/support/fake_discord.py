"""A very small Discord in a process of its own: it outlives the bot, and remembers what it was shown.

The bot connects to it as to the real one, by HTTP and a gateway; see `tests/support/killable_bot.py`.
"""

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, MultipartReader, WSMsgType, web

BOT, GUILD, CHANNEL = 1, 2, 3
DEFERRED_MESSAGE = 5
COMPONENTS_V2 = 1 << 15
# Of the kinds of components, those with pictures, which name the files that came with them.
GALLERIES = (11, 12, 13)
MOMENT = "2026-01-01T00:00:00+00:00"


@dataclass
class Shown:
    """A message, and every state that it was in: the texts of its card, and how many files came with it."""

    id: int
    states: list[tuple[str, int]] = field(default_factory=list)
    components: list[Any] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.states[-1][0] if self.states else ""


class Outside:
    """Discord's side: sends interactions, keeps messages."""

    def __init__(self, pictures: dict[str, bytes]) -> None:
        self.messages: dict[int, Shown] = {}
        self.address = ""
        self.connections = 0
        self._pictures = pictures
        self._ids = itertools.count(1000)
        self._gateway: web.WebSocketResponse | None = None
        self._originals: dict[str, int] = {}
        self._app = web.Application(client_max_size=2**26)
        self._app.router.add_get("/gateway", self._connect)
        self._app.router.add_get("/picture/{name}", self._picture)
        self._app.router.add_route("*", "/api/{path:.*}", self._answer)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Outside"]:
        runner = web.AppRunner(self._app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.address = f"127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    @property
    def is_connected(self) -> bool:
        """Whether a bot listens."""
        return self._gateway is not None and not self._gateway.closed

    async def slash(self, name: str, user: int, **options: Any) -> None:
        """Use a command as a member; an option that is one of the pictures is a file."""
        files = {}
        given = []
        for option, value in options.items():
            kind = {str: 3, int: 4}[type(value)]
            if value in self._pictures:
                kind, file = 11, str(next(self._ids))
                url = f"http://{self.address}/picture/{value}"
                size = len(self._pictures[value])
                files[file] = {"id": file, "filename": value, "size": size, "url": url, "proxy_url": url}
                value = file
            given.append({"name": option, "type": kind, "value": value})
        data = {"id": "9", "name": name, "type": 1, "options": given, "resolved": {"attachments": files}}
        await self._interact(2, user, {"data": data})

    async def press(self, message: Shown, label: str, user: int) -> None:
        """Press a button of a message."""
        data = {"custom_id": message.buttons[label], "component_type": 2}
        await self._interact(3, user, {"data": data, "message": self._message(message.id)})

    async def _interact(self, kind: int, user: int, more: dict[str, Any]) -> None:
        number = next(self._ids)
        member = {"user": _user(user), "roles": [], "joined_at": MOMENT, "deaf": False, "mute": False, "flags": 0}
        interaction = {
            "id": str(number),
            "application_id": str(BOT),
            "type": kind,
            "token": f"token-{number}",
            "version": 1,
            "guild_id": str(GUILD),
            "channel": {"id": str(CHANNEL), "type": 0, "name": "studio", "position": 0},
            "channel_id": str(CHANNEL),
            "member": {**member, "permissions": "0"},
            "authorizing_integration_owners": {"0": str(GUILD)},
            "context": 0,
            "attachment_size_limit": 10_000_000,
        }
        if "message" in more:
            self._originals[f"token-{number}"] = int(more["message"]["id"])
        assert self._gateway is not None
        await self._gateway.send_str(json.dumps({"op": 0, "t": "INTERACTION_CREATE", "s": 2, "d": interaction | more}))

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        gateway = web.WebSocketResponse(autoping=True)
        await gateway.prepare(request)
        await gateway.send_str(json.dumps({"op": 10, "d": {"heartbeat_interval": 40_000}}))
        async for message in gateway:
            if message.type is not WSMsgType.TEXT:
                break
            said = json.loads(message.data)
            if said["op"] == 2:
                application = {"id": str(BOT), "flags": 0}
                ready = {"user": _user(BOT), "guilds": [], "session_id": "1", "application": application, "v": 10}
                ready["resume_gateway_url"] = f"ws://{self.address}/gateway"
                await gateway.send_str(json.dumps({"op": 0, "t": "READY", "s": 1, "d": ready}))
                self._gateway = gateway
                self.connections += 1
            elif said["op"] == 1:
                await gateway.send_str(json.dumps({"op": 11}))
        if self._gateway is gateway:
            self._gateway = None
        return gateway

    async def _picture(self, request: web.Request) -> web.Response:
        return web.Response(body=self._pictures[request.match_info["name"]])

    async def _answer(self, request: web.Request) -> web.Response:
        """Answer what the bot asks by HTTP, and keep what it shows."""
        payload, files = await _read(request)
        match request.method, request.match_info["path"].split("/"):
            case "GET", ["users", "@me"]:
                return _json(_user(BOT))
            case "GET", ["oauth2", "applications", "@me"]:
                team = {
                    "id": str(BOT),
                    "name": "Atelier",
                    "description": "",
                    "owner": _user(BOT),
                    "verify_key": "",
                    "icon": None,
                }
                return _json({**team, "bot_public": True, "bot_require_code_grant": False, "flags": 0})
            case "GET" | "PUT", ["applications", _, "commands"]:
                return _json([])
            case "POST", ["interactions", number, token, "callback"]:
                told: dict[str, Any] = {"id": number, "type": 2}
                if payload["type"] == DEFERRED_MESSAGE:
                    message = self._new()
                    self._originals[token] = message.id
                    told["response_message_id"] = str(message.id)
                return _json({"interaction": told})
            case "POST", ["webhooks", _, _] | ["channels", _, "messages"]:
                message = self._new()
                _show(message, payload, files)
                return _json(self._message(message.id))
            case method, [*_, token, "messages", name]:
                message = self.messages[self._originals[token] if name == "@original" else int(name)]
                if method == "PATCH":
                    _show(message, payload, files)
                return _json(self._message(message.id))
        return _json({"message": "unknown", "code": 0}, status=404)

    def _new(self) -> Shown:
        message = Shown(next(self._ids))
        self.messages[message.id] = message
        return message

    def _message(self, number: int) -> dict[str, Any]:
        names = ("mentions", "mention_roles", "attachments", "embeds")
        lists: dict[str, Any] = {name: [] for name in names}
        plain = {"tts": False, "mention_everyone": False, "pinned": False, "edited_timestamp": None, "type": 0}
        where = {"id": str(number), "channel_id": str(CHANNEL), "author": _user(BOT), "content": ""}
        return {
            **where,
            **plain,
            **lists,
            "timestamp": MOMENT,
            "flags": COMPONENTS_V2,
            "components": _plain(self.messages[number].components),
        }


def _user(number: int) -> dict[str, Any]:
    named = {"id": str(number), "username": f"member{number}", "discriminator": "0", "avatar": None}
    return {**named, "bot": number == BOT}


def _plain(components: list[Any]) -> list[Any]:
    """Return components without their pictures, whose addresses only Discord could give."""
    return [
        item | {"components": _plain(item["components"])} if "components" in item else item
        for item in components
        if item["type"] not in GALLERIES
    ]


def _json(answer: Any, status: int = 200) -> web.Response:
    # discord.py takes the type literally, with no charset behind it.
    return web.Response(body=json.dumps(answer).encode(), headers={"Content-Type": "application/json"}, status=status)


async def _read(request: web.Request) -> tuple[Any, int]:
    """Return the JSON of a request, and how many files came with it."""
    if not request.content_type.startswith("multipart"):
        text = await request.text()
        return json.loads(text) if text else {}, 0
    payload, files = {}, 0
    parts: MultipartReader = await request.multipart()
    async for part in parts:
        assert isinstance(part, BodyPartReader)
        if part.name == "payload_json":
            payload = json.loads(await part.text())
        else:
            await part.read()
            files += 1
    return payload, files


def _show(message: Shown, payload: Any, files: int) -> None:
    """Take note of what a message shows now."""
    texts: list[str] = []
    message.buttons.clear()
    message.components = payload.get("components") or []
    waiting = list(message.components)
    while waiting:
        item = waiting.pop(0)
        waiting += item.get("components", [])
        if "content" in item:
            texts.append(item["content"])
        if "custom_id" in item and "label" in item:
            message.buttons[item["label"]] = item["custom_id"]
    message.states.append(("\n".join(texts), files))
