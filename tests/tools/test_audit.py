"""What `make lint` says of the dependencies: nothing known, something known, or that nothing was checked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from tests.support.waiting import PATIENCE_SECONDS
from tools import audit

UNCHECKED = "Dependencies were NOT checked for known vulnerabilities: "
ADVISORY = {"id": "PYSEC-2014-8", "modified": "2024-11-21T14:22:53Z"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def service(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Put a service of one's own in the place of osv.dev, and wait for it as long as it takes."""
    monkeypatch.setattr(audit, "SECONDS", PATIENCE_SECONDS)
    app = web.Application()
    app.router.add_post("/v1/querybatch", handler)
    async with TestServer(app) as server:
        monkeypatch.setattr(audit, "ADDRESS", str(server.make_url("/v1/querybatch")))
        yield


def knowing(*vulnerable: str) -> Handler:
    """Return a service that has an advisory for packages of these names, in the form of osv.dev."""

    async def answer(request: web.Request) -> web.Response:
        queries = (await request.json())["queries"]
        assert all(query["package"]["ecosystem"] == "PyPI" and query["version"] for query in queries)
        known = [query["package"]["name"] in vulnerable and query["version"] != "3.1.6" for query in queries]
        return web.json_response({"results": [{"vulns": [ADVISORY]} if each else {} for each in known]})

    return answer


def answering(**response: Any) -> Handler:
    """Return a service that always answers the same."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(**response)

    return answer


async def test_nothing_is_known(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    async with service(knowing("jinja2"), monkeypatch):
        await asyncio.to_thread(audit.main)
    assert capsys.readouterr().out == f"Nothing is known against any of {len(audit.pins())} pinned packages.\n"


async def test_something_is_known(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    async with service(knowing("jinja2", "torch", "pillow"), monkeypatch):
        with pytest.raises(SystemExit, match="Known vulnerabilities"):
            await asyncio.to_thread(audit.main)
    versions = dict(audit.pins())
    assert capsys.readouterr().out.splitlines() == [
        f"{name} {versions[name]}: https://osv.dev/PYSEC-2014-8" for name in ("pillow", "torch")
    ]


@pytest.mark.parametrize(
    ("handler", "why"),
    [
        # A mirror without such data.
        (knowing(), "whoever answered doesn't know that jinja2==2.4.1 is vulnerable"),
        (answering(text='{"results": []}'), "the answer can't be read"),
        (answering(text='{"results": [{"vulns": [{"id": "PYSEC-2014-8"}]}]}'), "the answer can't be read"),
        (answering(text="[]"), "the answer can't be read"),
        (answering(text="<html>Sign in</html>"), "Expecting value"),
        (answering(text='{"info": {"vulnerabilities": []}}'), "the answer can't be read"),
        (answering(status=404), "HTTP Error 404"),
        (answering(status=503), "HTTP Error 503"),
    ],
)
async def test_who_answers_does_not_know(
    handler: Handler, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with service(handler, monkeypatch):
        await asyncio.to_thread(audit.main)
    assert capsys.readouterr().out.startswith(UNCHECKED + why)


def test_nobody_is_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(audit, "ADDRESS", f"http://127.0.0.1:{unused_port()}/v1/querybatch")
    audit.main()
    assert capsys.readouterr().out.startswith(f"{UNCHECKED}<urlopen error")


async def test_nobody_waits_long_for_an_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    is_over = asyncio.Event()

    async def in_drops(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while not is_over.is_set():
            await answer.write(b" ")
            await asyncio.sleep(0.02)
        return answer

    # On a busy machine, two drops might be further apart than the time for all of them.
    monkeypatch.setattr(audit, "urlopen", lambda request, timeout: urlopen(request))
    async with service(in_drops, monkeypatch):
        monkeypatch.setattr(audit, "SECONDS", 0.5)
        await asyncio.to_thread(audit.main)
        is_over.set()
    assert capsys.readouterr().out == f"{UNCHECKED}there was no answer within 0.5 s.\n"


def test_all_that_is_installed_is_asked_for() -> None:
    pins = audit.pins()
    for lock in Path(audit.ROOT).glob("requirements*.lock"):
        lines = [line for line in lock.read_text().splitlines() if "sys_platform == 'never'" not in line]
        assert lines
        assert {tuple(line.split(" ;")[0].split("==")) for line in lines} <= set(pins)
    assert {"torch", "diffusers", "pytest", "resvg-py"} <= {name for name, _ in pins}
    assert audit.VULNERABLE not in pins
