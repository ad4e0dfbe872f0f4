"""What is PostgreSQL's alone; other tests run on both databases."""

import asyncio
import sys

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from bot.__main__ import app
from bot.config import Settings
from bot.creations.store import CreationStore
from bot.database.engine import DatabaseUnavailableError, create_database, migrate
from bot.doctor import examine
from bot.gallery.models import Browsing, GalleryView
from bot.gallery.store import BrowsingStore
from bot.showcase.reaction_store import ReactionStore
from tests.support.member_actions import kept, viewer
from tests.support.postgres import Postgres
from tests.support.server import Server
from tools.bench_gallery import written

OTHER_WAYS = "SELECT indexname FROM pg_indexes WHERE indexname LIKE 'ix_creations_guild_%'"
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


async def test_of_many_who_like_it_at_once_each_counts(idle_server: Server, settings: Settings) -> None:
    job = await kept(idle_server)
    database = create_database(settings.database)
    store, message_id = ReactionStore(database), job.place.message_id
    likes = [store.add(message_id, (10**17 + fan % 8, "⭐")) for fan in range(16)]
    scores = await asyncio.gather(*likes, store.add(message_id, (job.user_id, "⭐")))
    await database.dispose()
    assert max(score or 0 for score in scores) == 8
    assert [creation.score for creation in await idle_server.creations(job)] == [8]


async def test_two_presses_at_once_are_no_error(idle_server: Server, settings: Settings) -> None:
    [creation] = await idle_server.creations(await kept(idle_server))
    database = create_database(settings.database)
    store = CreationStore(database)
    results = await asyncio.gather(*(store.toggle_favourite(idle_server.bob.id, creation.id) for _ in range(8)))
    await database.dispose()
    assert True in results


async def test_words_are_looked_up_in_their_index(idle_server: Server, settings: Settings) -> None:
    await kept(idle_server)
    database = create_database(settings.database)
    with written(database) as statements:
        await BrowsingStore(database).page(
            idle_server.alice.guild.id, Browsing(GalleryView.NEWEST, words="fox snow"), viewer(idle_server)
        )
    statement, parameters = statements[-1]
    async with database.connect() as connection:
        # With so few rows any other way is as fast.
        for way in await connection.scalars(text(OTHER_WAYS)):
            await connection.execute(text(f"DROP INDEX {way}"))
        await connection.execute(text("SET enable_seqscan = off"))
        plan = (await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)).scalars().all()
    await database.dispose()
    assert any("ix_creations_words" in step for step in plan), plan


async def test_a_server_that_was_restarted_is_asked_again(idle_server: Server, postgres: Postgres) -> None:
    name = str(idle_server.atelier.kernel.config.database_url).split("/")[3].split("?")[0]
    await kept(idle_server)
    database = create_database(postgres.url("template1"))
    async with database.connect() as connection:
        ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = :name"
        assert (await connection.scalar(text(ended), {"name": name}) or 0) > 0
    await database.dispose()
    assert len(await idle_server.jobs()) == 1


async def test_a_database_that_is_not_there_is_said_in_a_plain_sentence(
    settings: Settings, postgres: Postgres, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DatabaseUnavailableError) as unavailable:
        await migrate(postgres.url("nowhere"))
    assert str(unavailable.value) == 'the database can\'t be used: database "nowhere" does not exist'
    unreachable = f"postgresql+asyncpg://atelier@/atelier?host={settings.home}"
    monkeypatch.setenv("ATELIER_DATABASE_URL", unreachable)
    monkeypatch.setenv("ATELIER_HOME", str(settings.home))
    migrated = await asyncio.to_thread(CliRunner().invoke, app, ["migrate"])
    assert migrated.exit_code == 1
    assert migrated.stderr == "Nothing was done: the database can't be used: [Errno 2] No such file or directory.\n"
    assert not await examine(settings.model_copy(update={"database_url": unreachable, "model": "none/such"}))
    report = capsys.readouterr().out
    assert "✗ database: the database can't be used: [Errno 2]" in report
    assert "Check ATELIER_DATABASE_URL, whether its server runs" in report


async def test_a_missing_driver_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(DatabaseUnavailableError, match=r"driver asyncpg is missing; install it with .* asyncpg`"):
        await migrate(settings.database)
