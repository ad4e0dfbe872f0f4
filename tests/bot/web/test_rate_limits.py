"""How often an address may ask the bot's web server."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession
from prometheus_client import CollectorRegistry

from bot.web.rates import ASKED_A_MINUTE, SENT_A_MINUTE, Rate, who_asks
from bot.web.server import Health, create_web_app, serving
from engine.api.messages import Loading


@pytest.fixture(params=[True, False])
def behind_proxy(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
async def web(behind_proxy: bool) -> AsyncIterator[ClientSession]:
    health = Health(lambda: False, lambda: Loading("starting"))
    app = create_web_app(health, CollectorRegistry(), behind_proxy=behind_proxy)
    async with serving(app, "127.0.0.1", 0) as address, ClientSession(address) as session:
        yield session


async def asked(web: ClientSession, method: str, count: int, member: str) -> list[int]:
    """Return what was answered, request by request."""
    statuses = []
    for _ in range(count):
        async with web.request(method, "/healthz", headers={"X-Forwarded-For": member}) as answer:
            statuses.append(answer.status)
            if answer.status == 429:
                assert (await answer.text()) == "That was too much at once; wait a minute, then try again."
                assert answer.headers["Retry-After"] == "60"
    return statuses


async def test_who_asks_too_often_waits_and_nobody_else(web: ClientSession, behind_proxy: bool) -> None:
    statuses = await asked(web, "GET", ASKED_A_MINUTE + 5, "9.9.9.1")
    assert statuses == [503] * ASKED_A_MINUTE + [429] * 5
    assert await asked(web, "GET", 1, "9.9.9.2") == [503 if behind_proxy else 429]
    statuses = await asked(web, "POST", SENT_A_MINUTE + 1, "9.9.9.1")
    assert statuses == [405] * SENT_A_MINUTE + [429]


def test_a_minute_later_one_may_ask_again() -> None:
    moment = 1000.0
    rate = Rate(10, lambda: moment)
    assert [rate.allows("a") for _ in range(11)] == [True] * 10 + [False]
    moment += 30
    assert rate.allows("b")
    assert sum(rate.allows("a") for _ in range(10)) < 7
    moment += 60
    assert sum(rate.allows("a") for _ in range(10)) > 3
    moment += 120
    assert [rate.allows("a") for _ in range(11)] == [True] * 10 + [False]


def test_within_any_minute_nobody_asks_more_than_so_often() -> None:
    """Who asks ten times a second at an even pace is let through as often as allowed, to the rounding of a tick."""
    moment = 0.0
    rate, allowed = Rate(60, lambda: moment), []
    for tick in range(6000):
        moment = tick / 10
        if rate.allows("a"):
            allowed.append(moment)
    assert all(sum(begin <= each < begin + 60 for each in allowed) <= 63 for begin in allowed[60:])


@pytest.mark.parametrize(
    ("peer", "forwarded", "behind_proxy", "who"),
    [
        ("9.9.9.9", "", False, "9.9.9.9"),
        ("9.9.9.9", "1.1.1.1", True, "9.9.9.9"),
        ("127.0.0.1", "203.0.113.9", False, "127.0.0.1"),
        ("127.0.0.1", "", True, "127.0.0.1"),
        ("127.0.0.1", "1.1.1.1", True, "1.1.1.1"),
        ("172.17.0.2", "8.8.8.8, 1.1.1.1", True, "1.1.1.1"),
        ("127.0.0.1", "8.8.8.8, 1.1.1.1, 10.0.0.7", True, "1.1.1.1"),
        ("127.0.0.1", "10.0.0.8, 10.0.0.7", True, "10.0.0.8"),
        ("127.0.0.1", "nonsense", True, "127.0.0.1"),
        ("::1", "2a00:1450:4001:81b::200e", True, "2a00:1450:4001:81b::/64"),
        ("2a00:1450:4001:81b::200e", "", False, "2a00:1450:4001:81b::/64"),
        ("", "", True, ""),
    ],
)
def test_whom_a_request_counts_for(peer: str, forwarded: str, behind_proxy: bool, who: str) -> None:
    assert who_asks(peer, forwarded, behind_proxy) == who
