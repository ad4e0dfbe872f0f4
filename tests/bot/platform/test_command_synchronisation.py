"""What Discord is told of the commands, and what it refuses, on an HTTP server that stands for it."""

import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import discord
import pytest
from aiohttp import web
from discord.http import Route
from pydantic import SecretStr

from bot.app import built
from bot.client import AtelierClient
from bot.config import Settings
from bot.doctor import commands
from bot.platform import command_sync as synchronisation

OURS = {1, 2, 3}
LAUNCH = {
    "id": "77",
    "application_id": "1",
    "version": "5",
    "type": 4,
    "name": "launch",
    "name_localizations": {"de": "starten"},
    "description": "",
    "description_localizations": None,
    "default_member_permissions": None,
    "dm_permission": True,
    "contexts": [0, 1, 2],
    "integration_types": [0, 1],
    "nsfw": False,
    "handler": 2,
}
OLD = {"id": "78", "application_id": "1", "version": "1", "type": 1, "name": "paint", "description": "An old command"}
Answer = tuple[int, Any]


class Portal:
    """Discord's side of the commands: refuses to drop the entry point, keeps what it is told, or is `broken`."""

    def __init__(self, *commands: Any) -> None:
        self.commands: list[Any] = list(commands)
        self.broken: dict[str, Answer] = {}
        self.told = 0
        self.address = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Portal"]:
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["users", "@me"]:
                return _json(200, {"id": "1", "username": "atelier", "discriminator": "0", "avatar": None, "bot": True})
            case "GET", ["oauth2", "applications", "@me"]:
                owner = {"id": "2", "username": "owner", "discriminator": "0", "avatar": None}
                app = {"id": "1", "name": "Atelier", "description": "", "owner": owner, "verify_key": "", "icon": None}
                return _json(200, {**app, "bot_public": True, "bot_require_code_grant": False, "flags": 0})
            case method, ["applications", "1", "commands"] if method in self.broken:
                return _json(*self.broken[method])
            case "GET", ["applications", "1", "commands"]:
                full = request.query.get("with_localizations") == "true"
                without = () if full else ("name_localizations", "description_localizations")
                return _json(200, [{k: v for k, v in each.items() if k not in without} for each in self.commands])
            case "PUT", ["applications", "1", "commands"]:
                return self._take(await request.json())
        return _json(404, {"message": "404: Not Found", "code": 0})

    def _take(self, told: list[Any]) -> web.Response:
        kept = {each.get("id") for each in told}
        if any(each["type"] == 4 and each["id"] not in kept for each in self.commands):
            message = "You cannot remove this app's Entry Point command in a bulk update operation."
            return _json(400, {"message": message, "code": 50240})
        self.told += 1
        self.commands = [{"application_id": "1", "version": "9", "id": str(n), **each} for n, each in enumerate(told)]
        return _json(200, self.commands)


def _json(status: int, answer: Any) -> web.Response:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return web.Response(body=body, status=status, headers={"Content-Type": "application/json"})


@pytest.fixture
async def portal(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Portal]:
    async with Portal(OLD, LAUNCH).serving() as served:
        monkeypatch.setattr(Route, "BASE", served.address)
        yield served


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let discord.py try again at once."""

    async def at_once(_seconds: float) -> None:
        pass

    monkeypatch.setattr("discord.http.asyncio.sleep", at_once)


@asynccontextmanager
async def logged_in(settings: Settings) -> AsyncIterator[AtelierClient]:
    async with built(settings) as atelier, atelier.client as client:
        await client.login("token")
        yield client


async def test_an_entry_point_command_is_kept_as_it_is(portal: Portal, settings: Settings) -> None:
    async with logged_in(settings) as client:
        ours = {(each.name, _kind(each)) for each in client.tree.get_commands()}
        assert client.commands_problem == ""
    assert portal.told == 1
    there = {(each["name"], each["type"]) for each in portal.commands}
    assert there == {*ours, ("launch", 4)}
    [launch] = [each for each in portal.commands if each["type"] == 4]
    kept = ("id", "name_localizations", "contexts", "integration_types", "handler")
    assert [launch[name] for name in kept] == [LAUNCH[name] for name in kept]
    # Once more, with all that is there by now.
    async with logged_in(settings) as client:
        assert client.commands_problem == ""
    assert {(each["name"], each["type"]) for each in portal.commands} == there


def _kind(command: Any) -> int:
    return command.type.value if isinstance(command, discord.app_commands.ContextMenu) else 1


@pytest.mark.parametrize("there", [[], None], ids=["none", "null"])
async def test_the_first_start_of_an_application_tells_all(portal: Portal, settings: Settings, there: Any) -> None:
    portal.commands = []
    if there is None:
        portal.broken["GET"] = (200, None)
    async with logged_in(settings) as client:
        assert client.commands_problem == ""
    assert portal.told == 1
    assert {each["type"] for each in portal.commands} <= OURS


FAILURES: dict[str, tuple[str, Answer, str]] = {
    "50240": ("PUT", (400, {"message": "You cannot remove the Entry Point command", "code": 50240}), "50240"),
    "invalid form": (
        "PUT",
        (400, {"message": "Invalid Form Body", "code": 50035, "errors": {"name": {"_errors": [{"message": "Bad"}]}}}),
        "50035",
    ),
    "forbidden": ("PUT", (403, {"message": "Missing Access", "code": 50001}), "Missing Access"),
    "forbidden to look": ("GET", (403, {"message": "Missing Access", "code": 50001}), "Missing Access"),
    "ill": ("PUT", (500, {"message": "500: Internal Server Error", "code": 0}), "500"),
    "ill and silent": ("GET", (502, b"<html>\n<h1>Bad gateway</h1>\n</html>"), ""),
    "no JSON": ("GET", (200, b"{half"), ""),
    "no list": ("GET", (200, {"commands": []}), "instead of a list of commands"),
    "no commands": ("GET", (200, ["launch"]), "instead of a list of commands"),
    "no answer to speak of": ("PUT", (200, "thanks"), "instead of a list of commands"),
    "gone": ("GET", (404, {"message": "Unknown application", "code": 10002}), "Unknown application"),
}


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(("method", "answer", "cause"), FAILURES.values(), ids=FAILURES)
async def test_a_failure_is_one_sentence_and_the_bot_goes_on(
    portal: Portal, settings: Settings, caplog: pytest.LogCaptureFixture, method: str, answer: Answer, cause: str
) -> None:
    before = list(portal.commands)
    portal.broken[method] = answer
    async with logged_in(settings) as client:
        assert client.user
        assert client.commands_problem
        assert cause in client.commands_problem
    errors = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert [each.name for each in errors] == ["bot.client"]
    said = errors[0].getMessage()
    assert said.startswith("the commands could not be brought to Discord: ")
    assert said.endswith("the bot goes on with those that are there")
    assert cause in said
    assert "\n" not in said
    assert errors[0].exc_info is None
    assert portal.commands == before


async def test_discord_out_of_reach_is_one_sentence(
    portal: Portal, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = Route.__init__

    def away(route: Route, method: str, path: str, **given: Any) -> None:
        real(route, method, path, **given)
        if path.endswith("/commands"):
            # Nobody listens there.
            route.url = "http://127.0.0.1:9/commands"

    monkeypatch.setattr(Route, "__init__", away)
    async with logged_in(settings) as client:
        assert "127.0.0.1:9" in client.commands_problem
    assert "could not be brought to Discord" in caplog.text


async def test_discord_that_asks_for_hours_of_patience_keeps_no_bot_from_starting(
    portal: Portal, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synchronisation, "PATIENCE_SECONDS", 0.5)

    async def limited(_request: web.Request) -> web.Response:
        body = json.dumps({"message": "You are being rate limited.", "retry_after": 40_000.0, "global": False})
        headers = {"Content-Type": "application/json", "Via": "1.1 google"}
        return web.Response(status=429, body=body.encode(), headers=headers)

    real = portal._answer

    async def answer(request: web.Request) -> web.Response:
        return await limited(request) if request.method == "PUT" else await real(request)

    async with _replaced(answer) as address:
        monkeypatch.setattr(Route, "BASE", address)
        async with logged_in(settings) as client:
            assert "no answer within 0.5 seconds" in client.commands_problem


@asynccontextmanager
async def _replaced(answer: Callable[[web.Request], Any]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_the_doctor_brings_the_commands_to_discord_or_says_why_not(portal: Portal, settings: Settings) -> None:
    given = settings.model_copy(update={"discord_token": SecretStr("token")})
    found = await commands(given, "token")
    assert (found.what, found.advice) == ("commands", "")
    assert ("launch", 4) in {(each["name"], each["type"]) for each in portal.commands}
    portal.broken["PUT"] = (403, {"message": "Missing Access", "code": 50001})
    found = await commands(given, "token")
    assert "Missing Access" in found.found
    assert found.advice
    # Its own home is left alone.
    assert list(settings.home.iterdir()) == []
