import logging
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
from itsdangerous import TimestampSigner

from bot.config import Settings
from tests.support import postgres as postgresql
from tests.support.clock import Clock
from tests.support.durations import Durations
from tests.support.server import Server, in_one_task, opened_server
from tests.support.shared_engine import end_shared_engines
from tools.browser import MISSING

# Two test processes share the cores; one thread each is faster than two.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Nor does Hypothesis measure how long an example takes.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--budget", type=float, help="run fast tests alone, and no more than take so many seconds")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Durations(config))


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Take back what a command line that a test calls does to the log, which is the whole process's."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session", autouse=True)
async def shared_engines() -> AsyncIterator[None]:
    """End the engine processes that tests share with the last of them."""
    yield
    await end_shared_engines()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once what to install where tests that need a browser were skipped."""
    skipped = sum(MISSING in str(each.longrepr) for each in terminalreporter.stats.get("skipped", []))
    if skipped:
        terminalreporter.write_line(f"{skipped} tests were skipped. {MISSING}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let what is marked with `both_databases` run on SQLite and on PostgreSQL."""
    if "database_url" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_databases"):
        metafunc.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgresql.Postgres]:
    """A PostgreSQL server."""
    with postgresql.running() as server:
        yield server


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The address of a new database where it isn't SQLite in the home."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield None
        return
    with request.getfixturevalue("postgres").database() as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, database_url: str | None) -> Settings:
    return Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue]
        home=tmp_path,
        database_url=database_url,
        model="starter",
        web_port=0,
    )


@pytest.fixture
async def idle_server(settings: Settings) -> AsyncIterator[Server]:
    """A server in which nothing runs beside the client: what is accepted stays in line."""
    async with in_one_task(opened_server(settings, working=False)) as running:
        yield running


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    """A server in which everything runs."""
    async with in_one_task(opened_server(settings)) as running:
        yield running


@pytest.fixture
async def studio(settings: Settings) -> AsyncIterator[Server]:
    """A server in which nothing runs beside the client, and whose members look ahead."""
    async with in_one_task(opened_server(settings, working=False, preview=True)) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def aged(monkeypatch: pytest.MonkeyPatch):
    """Return how to let links look older than they are."""
    real = TimestampSigner.get_timestamp

    def age(seconds: int) -> None:
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda signer: real(signer) + seconds)

    return age


@pytest.fixture
async def club(settings: Settings, clock: Clock) -> AsyncIterator[Server]:
    """A server with a clock of its own, in which nothing runs beside the client."""
    async with in_one_task(opened_server(settings, working=False, clock=clock)) as running:
        yield running
