"""Removed prompts and vectors leave no trace in the database files."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from bot.config import Settings
from bot.creations.remains_store import RemainsStore
from bot.database.engine import create_database, migrate
from bot.database.named_columns import NO_TITLE
from bot.database.states import ChallengeState
from bot.gallery.models import Browsing, GalleryView
from bot.styles.models import Style
from tests.support.cards import card_text
from tests.support.clock import Clock
from tests.support.images import meadow, png
from tests.support.member_actions import kept, viewer
from tests.support.privacy import SECRET, delete, lived
from tests.support.server import Server
from tests.support.waiting import eventually_awaited


def in_the_database(settings: Settings, word: str = SECRET) -> list[str]:
    """Return which of the database's files have a word, in any case."""
    files = [path for path in settings.home.glob("atelier.db*") if path.suffix != ".db-shm"]
    return [path.name for path in files if word.encode() in path.read_bytes().lower()]


async def test_no_word_is_left_in_any_file_of_the_database(idle_server: Server, settings: Settings) -> None:
    server, alice, guild_id = idle_server, idle_server.alice, idle_server.alice.guild.id
    bot = server.atelier
    # Others' pictures, so that the index has segments of which hers are a part.
    for number in range(30):
        await kept(server, member=server.bob, prompt=f"a fox and {number}")
    await lived(server)
    await server.inpaint(prompt="a hen", negative_prompt=f"no {SECRET}")
    await bot.kernel.settings.prefer(alice.id, preview=True)
    await server.inpaint(prompt=f"a draft of a {SECRET}", negative_prompt=SECRET)
    await bot.kernel.settings.prefer(alice.id, style=SECRET)
    await bot.kernel.styles._styles.keep(guild_id, alice.id, Style(SECRET, "mist", "", True, ""))  # pyright: ignore[reportPrivateUsage]
    job = await kept(server, prompt="mist", style=SECRET)
    [creation] = await server.creations(job)
    await kept(server, member=server.bob, prompt="his own words", parent_id=creation.id)
    await bot.moderation.cases.record_command(guild_id, alice.id, server.moderator.id, "block", f"she said {SECRET}")  # pyright: ignore[reportArgumentType]
    vectors = bot.gallery.likeness._store  # pyright: ignore[reportPrivateUsage]
    unread = await vectors.unread(100)
    await vectors.keep_read(unread, {each.prompt: each.prompt.encode().ljust(768, b"!") for each in unread})
    assert in_the_database(settings)
    assert await delete(server, alice) == "Everything about you is deleted."
    assert in_the_database(settings) == []
    # What is another's stays, and is found.
    assert in_the_database(settings, "his own words")
    assert len(await search(server, "fox")) > 0
    assert await search(server, SECRET) == []


async def search(server: Server, words: str) -> list[int]:
    browsing = server.atelier.gallery.likeness._browsing  # pyright: ignore[reportPrivateUsage]
    page = await browsing.page(server.alice.guild.id, Browsing(GalleryView.NEWEST, words=words), viewer(server))
    return [each.id for each in page.creations]


async def test_the_words_of_a_removed_picture_leave_the_index_and_the_log(
    idle_server: Server, settings: Settings
) -> None:
    server = idle_server
    for number in range(20):
        await kept(server, prompt=f"a fox and {number}")
    [creation] = await server.creations(await kept(server, prompt=f"a {SECRET}"))
    assert _in_the_index(settings)
    with server.env.time_context():
        await server.atelier.kernel.removal.remove([creation.id])
        await server.atelier.kernel.removal.finish()
    assert not _in_the_index(settings)
    assert not (settings.home / "atelier.db-wal").stat().st_size
    assert len(await search(server, "fox")) > 0


def _in_the_index(settings: Settings) -> bool:
    """Return whether any table of the index has the word."""
    with closing(sqlite3.connect(settings.home / "atelier.db")) as database:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'creation_words_%'"
        tables = [name for (name,) in database.execute(query)]
        assert "creation_words_data" in tables
        rows = [row for name in tables for row in database.execute(f"SELECT * FROM {name}")]
    cells = (cell if isinstance(cell, bytes) else str(cell).encode() for row in rows for cell in row)
    return any(SECRET.encode() in cell for cell in cells)


async def test_what_still_reads_delays_the_log_and_stops_nobody(idle_server: Server, settings: Settings) -> None:
    server = idle_server
    [creation] = await server.creations(await kept(server, prompt=SECRET))
    with closing(sqlite3.connect(settings.home / "atelier.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM creations").fetchone()
        with server.env.time_context():
            await server.atelier.kernel.removal.remove([creation.id])
            await server.atelier.kernel.removal.finish()
        assert (settings.home / "atelier.db-wal").stat().st_size
        await kept(server)
        reader.execute("COMMIT")
    with server.env.time_context():
        await server.atelier.kernel.removal.finish()
    assert not (settings.home / "atelier.db-wal").stat().st_size


@pytest.mark.both_databases
async def test_a_vector_goes_with_the_last_picture_of_its_prompt(idle_server: Server, settings: Settings) -> None:
    server = idle_server
    jobs = [await kept(server, prompt="shared", member=each) for each in (server.alice, server.bob)]
    shared = [(await server.creations(each))[0] for each in jobs]
    [alone] = await server.creations(await kept(server, prompt="alone"))
    vectors = server.atelier.gallery.likeness._store  # pyright: ignore[reportPrivateUsage]
    unread = await vectors.unread(10)
    await vectors.keep_read(unread, {each.prompt: b"v" * 768 for each in unread})
    for creation, count in ((shared[0], 2), (alone, 1), (shared[1], 0)):
        with server.env.time_context():
            await server.atelier.kernel.removal.remove([creation.id])
        assert await _count(settings, "prompt_vectors") == count
    # What was read before a removal and is kept after it comes too late.
    await vectors.keep_read(unread, {each.prompt: b"v" * 768 for each in unread})
    assert await _count(settings, "prompt_vectors") == 0


async def test_vectors_that_nothing_names_are_dropped_at_a_start(idle_server: Server, settings: Settings) -> None:
    server = idle_server
    await kept(server, prompt="kept")
    vectors = server.atelier.gallery.likeness._store  # pyright: ignore[reportPrivateUsage]
    unread = await vectors.unread(10)
    await vectors.keep_read(unread, {each.prompt: b"v" * 768 for each in unread})
    with closing(sqlite3.connect(settings.home / "atelier.db")) as database, database:
        left = [(server.alice.guild.id, bytes([number]) * 16, b"old") for number in range(3)]
        database.executemany("INSERT INTO prompt_vectors (guild_id, digest, vector) VALUES (?, ?, ?)", left)
    async with server.working():

        async def one_is_left() -> bool:
            return await _count(settings, "prompt_vectors") == 1

        await eventually_awaited(one_is_left)


async def _count(settings: Settings, table: str) -> int:
    database = create_database(settings.database)
    try:
        async with database.connect() as connection:
            return (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()
    finally:
        await database.dispose()


async def test_a_challenge_loses_its_words_once_it_is_over(club: Server, clock: Clock, settings: Settings) -> None:
    server = club
    host = server.moderator
    given = {"title": SECRET, "theme": f"a {SECRET}", "rules": SECRET, "hours": 1, "voting_hours": 1}
    weekly = {"weekly": True, "themes": f"{SECRET};{SECRET} again"}
    canvas = {"kind": "canvas", "image": ("a.png", png(meadow(70, 70))), "region": "left"}
    for options in (weekly, canvas, {"starts_in": 24}):
        await host.slash(server.channel, "challenge create", **given, **options)
    with server.env.time_context():
        await server.atelier.challenges.scheduler.advance()
    await delete(server, host)
    running = await server.atelier.challenges.service.challenge(server.alice.guild.id, 1)
    # Others take part in it.
    assert (running.state, running.user_id, running.title) == (ChallengeState.OPEN, 0, SECRET)
    assert (running.themes, running.every_days) == ((), 0)
    with server.env.time_context():
        for _ in range(2):
            clock.ahead += timedelta(hours=1)
            await server.atelier.challenges.scheduler.advance()
    over = await server.atelier.challenges.service.newest(server.alice.guild.id, viewer(server))
    # One had not begun.
    states = (ChallengeState.CANCELLED, ChallengeState.CLOSED, ChallengeState.CLOSED)
    assert [(each.state, each.title, each.theme, each.rules) for each in over] == [
        (state, NO_TITLE, "", "") for state in states
    ]
    with server.env.time_context():
        await server.atelier.challenges.scheduler.advance()
        await server.atelier.kernel.removal.finish()
    assert in_the_database(settings) == []
    for shown in server.channel.history():
        assert SECRET not in card_text(shown)


@pytest.mark.parametrize("at", ["PRAGMA busy_timeout=", "PRAGMA wal_checkpoint"])
async def test_clearing_what_remains_can_be_cancelled_at_a_statement(settings: Settings, at: str) -> None:
    await migrate(settings.database)
    database = create_database(settings.database)
    remains = RemainsStore(database)
    task = asyncio.create_task(remains.clear(words=False))

    def cancel(*given: Any) -> None:
        if given[2].startswith(at):
            task.cancel()

    event.listen(database.sync_engine, "before_cursor_execute", cancel)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await remains.clear(words=False)
    await database.dispose()
