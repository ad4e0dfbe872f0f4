"""Deleted means gone: messages are tried again until they are right, and no file of the database has a word left."""

import io
import json
import sqlite3
import zipfile
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import discord
import pytest
from sqlalchemy import text

from bot.config import Settings
from bot.creations.models import Creation, NewCreation
from bot.critiques.models import NewCritique
from bot.database.engine import create_database
from bot.database.states import ChallengeState
from bot.digest.store import DigestStore, Sheet
from bot.gallery.models import Browsing, View
from bot.jobs.models import Job
from bot.platform import patience
from bot.privacy.named_columns import GIVEN, KEPT, NAMED, NO_TITLE, WITHHELD
from bot.settings.models import STAR
from bot.styles.models import Style
from bot.ui.cards import DONE, Upload, card, gallery
from tests.conftest import Clock, Server, card_text, eventually, eventually_awaited
from tests.pictures import encoded, meadow, opened, png
from tests.playing import kept, seen_by, viewer
from tests.test_privacy import SECRET, lived

GONE = [(404, 10008), (404, 10003)]
# A permission is lost, Discord is ill, it takes nothing so large, and nobody knows.
NOT_GONE = [(403, 50013), (403, 50001), (503, 0), (400, 50035), (404, 0)]


async def delete(server: Server, member: Any) -> str:
    """Let a member delete everything about them; return what they read then."""
    asked = await member.slash(server.channel, "privacy delete")
    await member.click(seen_by(server, member, asked), label="Delete everything")
    return card_text(seen_by(server, member, asked))


def deny(server: Server, status: int, code: int) -> None:
    """Let Discord take no change of a message, but the answer to whoever asks."""
    for method in ("PATCH", "DELETE"):
        server.env.inject_error(method, "/channels/*/messages/*", status=status, code=code, times=None)


def allow(server: Server) -> None:
    server.env.backend.faults.clear()


def message(channel: Any, message_id: int) -> Any:
    return next((each for each in channel.history() if each.id == message_id), None)


# Messages that show pictures of Alice's, or what she said


async def on_its_card(server: Server, job: Job, creation: Creation) -> tuple[Any, int]:
    with server.env.time_context():
        await server.atelier.delivery.redraw(job.id)
    return server.channel, job.place.message_id


async def on_show(server: Server, job: Job, creation: Creation) -> tuple[Any, int]:
    return server.channel, (await server.bob.slash(server.channel, "show", number=creation.id)).response.id


async def in_a_direct_message(server: Server, job: Job, creation: Creation) -> tuple[Any, int]:
    await on_its_card(server, job, creation)
    await server.bob.select(server.card(job), ["send"], custom_id=f"more:{creation.id}")
    [sent] = server.bob.user.dm_channel.history()
    return server.bob.user.dm_channel, sent.id


async def in_the_showcase(server: Server, job: Job, creation: Creation) -> tuple[Any, int]:
    channel = server.alice.guild.create_text_channel("showcase")
    guild_id = server.alice.guild.id
    await server.atelier.preferences.choose(guild_id, showcase_channel_id=channel.id, showcase_from=1)
    await server.bob.react(server.card(job), STAR)
    [shown] = channel.history()
    return channel, shown.id


async def on_a_case(server: Server, job: Job, creation: Creation) -> tuple[Any, int]:
    office = server.alice.guild.create_text_channel("office")
    await server.atelier.preferences.choose(server.alice.guild.id, cases_channel_id=office.id)
    await server.atelier.cases.report(server.alice.guild.id, creation.id, server.bob.id, "rude")
    with server.env.time_context():
        await server.atelier.cases.post()
    [card] = office.history()
    return office, card.id


async def in_a_digest(server: Server, job: Job, creation: Creation) -> tuple[Any, int]:
    channel = server.alice.guild.create_text_channel("weekly")
    with server.env.time_context():
        posted = await server.atelier.client.get_partial_messageable(channel.id).send(
            view=card(DONE, gallery([Upload("week.png", b"", "The week")])).view,
            file=discord.File(io.BytesIO(png(meadow())), "week.png"),
        )
    store: DigestStore = server.atelier.digest._digests  # pyright: ignore[reportPrivateUsage]
    guild_id = server.alice.guild.id
    await store.plan(guild_id, None, Sheet(guild_id, channel.id, posted.id, (creation,)))
    return channel, posted.id


PLACES: dict[str, Callable[[Server, Job, Creation], Awaitable[tuple[Any, int]]]] = {
    "its own card": on_its_card,
    "/show": on_show,
    "a direct message": in_a_direct_message,
    "the showcase": in_the_showcase,
    "a case": on_a_case,
    "a digest": in_a_digest,
}


@pytest.mark.parametrize("way", ["removed", "everything deleted"])
@pytest.mark.parametrize("place", PLACES)
async def test_a_message_is_tried_again_until_it_shows_nothing(idle_server: Server, place: str, way: str) -> None:
    server = idle_server
    job = await kept(server)
    [creation] = await server.creations(job)
    channel, message_id = await PLACES[place](server, job, creation)
    assert message(channel, message_id).attachments
    for number, (status, code) in enumerate(NOT_GONE):
        deny(server, status, code)
        if number:
            with server.env.time_context():
                await server.atelier.removal.finish()
        elif way == "removed":
            with server.env.time_context():
                await server.atelier.removal.remove([creation.id])
        else:
            answer = await delete(server, server.alice)
            assert "of my messages could not be changed yet" in answer
            assert "I go on trying" in answer
        assert message(channel, message_id).attachments
        allow(server)
    with server.env.time_context():
        await server.atelier.removal.finish()
    now = message(channel, message_id)
    assert now is None or now.attachments == []
    requests = len(server.env.http_requests)
    with server.env.time_context():
        await server.atelier.removal.finish()
    assert len(server.env.http_requests) == requests


@pytest.mark.parametrize(("status", "code"), GONE)
@pytest.mark.parametrize("place", PLACES)
async def test_what_is_gone_for_good_is_not_tried_again(
    idle_server: Server, place: str, status: int, code: int
) -> None:
    server = idle_server
    job = await kept(server)
    [creation] = await server.creations(job)
    await PLACES[place](server, job, creation)
    deny(server, status, code)
    assert await delete(server, server.alice) == "Everything about you is deleted."
    requests = len(server.env.http_requests)
    with server.env.time_context():
        await server.atelier.removal.finish()
    assert len(server.env.http_requests) == requests


async def test_where_the_bot_is_no_member_any_longer_nothing_is_tried(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = idle_server
    job = await kept(server)
    deny(server, 403, 50001)
    monkeypatch.setattr(server.atelier.client, "get_guild", lambda _: None)
    [creation] = await server.creations(job)
    with server.env.time_context():
        await server.atelier.removal.remove([creation.id])
    assert await server.atelier.store.undelivered_jobs() == []


async def test_it_is_tried_again_by_itself(idle_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server = idle_server
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.05)
    job = await kept(server)
    await on_its_card(server, job, (await server.creations(job))[0])
    async with server.working():
        deny(server, 403, 50013)
        assert "could not be changed yet" in await delete(server, server.alice)
        allow(server)
        await eventually(lambda: server.card(job).attachments == [])
        await server.shown(job)
    assert card_text(server.card(job)) == "Removed at the wish of whoever made it."


async def test_pauses_grow_and_other_messages_are_not_held_up(idle_server: Server) -> None:
    waiting = idle_server.atelier.delivery.patience
    pauses = []
    for _ in range(12):
        waiting.failed("a")
        pauses.append(waiting._failures["a"][1])  # pyright: ignore[reportPrivateUsage]
        assert not waiting.is_due("a")
        assert waiting.is_due("b")
    longest = pauses[-1] - pauses[-2]
    assert longest < 60
    assert pauses[3] - pauses[2] > pauses[1] - pauses[0]
    waiting.done("a")
    assert waiting.is_due("a")


async def test_the_token_is_used_while_it_lives_though_no_row_has_it(idle_server: Server) -> None:
    server = idle_server
    await server.alice.slash(server.channel, "imagine", prompt=SECRET, count=1)
    job = await server.job()
    started = await server.atelier.store.start_job(job.id)
    assert started
    key = await server.atelier.files.put(png(meadow()))
    await server.atelier.store.finish_job(started, [NewCreation(key, 1, "starter", 160, 120)])
    with server.env.time_context():
        await server.atelier.delivery.deliver(job.id)
    assert len(server.card(job).attachments) == 1
    # The bot itself could not change it: it may not see the channel.
    deny(server, 403, 50001)
    assert await delete(server, server.alice) == "Everything about you is deleted."
    assert server.card(job).attachments == []
    assert SECRET not in server.text(job)
    now = await server.atelier.store.job(job.id)
    assert now is not None
    assert now.place.interaction_token == ""
    assert now.delivered


async def test_a_card_that_showed_what_was_removed_meanwhile_is_not_taken_for_right(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = idle_server
    job = await kept(server, count=2, file=png(meadow()))
    first, _ = await server.creations(job)
    bot = server.atelier.delivery
    edit = bot.edit

    async def slow(*given: Any) -> None:
        monkeypatch.setattr(bot, "edit", edit)
        await edit(*given)
        await server.atelier.removal.take([first.id])

    monkeypatch.setattr(bot, "edit", slow)
    with server.env.time_context():
        await bot.redraw(job.id)
    assert [each.id for each in await server.atelier.store.undelivered_jobs()] == [job.id]


@pytest.mark.parametrize("fault", [(404, 10008), (403, 50013)])
async def test_a_podium_is_drawn_anew_whatever_became_of_its_announcement(
    club: Server, clock: Clock, fault: tuple[int, int]
) -> None:
    server = club
    podium, mine = await _podium(server, clock)
    challenge = await server.atelier.challenges.challenge(server.alice.guild.id, 1)
    server.env.inject_error(
        "PATCH", f"/channels/*/messages/{challenge.message_id}", status=fault[0], code=fault[1], times=1
    )
    with server.env.time_context():
        await server.atelier.removal.remove([mine.id])
        await server.atelier.herald.advance()
    assert f"picture {mine.id}" not in card_text(message(server.channel, podium))
    again = await server.atelier.challenges.challenge(server.alice.guild.id, 1)
    assert (again.shown_state is None) == (fault[0] == 403)


async def test_a_podium_that_could_not_be_changed_is_tried_again(club: Server, clock: Clock) -> None:
    server = club
    podium, mine = await _podium(server, clock)
    deny(server, 403, 50013)
    with server.env.time_context():
        await server.atelier.removal.remove([mine.id])
        await server.atelier.herald.advance()
    assert f"picture {mine.id}" in card_text(message(server.channel, podium))
    allow(server)
    server.atelier.delivery.patience.start_anew()
    with server.env.time_context():
        await server.atelier.herald.advance()
    assert f"picture {mine.id}" not in card_text(message(server.channel, podium))


async def _podium(server: Server, clock: Clock) -> tuple[int, Creation]:
    """Let a challenge end that Alice and Bob took part in; return its podium's message and Alice's entry."""
    desk, herald = server.atelier.challenges, server.atelier.herald
    times = {"hours": 1, "voting_hours": 1}
    await server.moderator.slash(server.channel, "challenge create", title="Autumn", theme="gold", **times)
    with server.env.time_context():
        await herald.advance()
        mine = None
        for number, member in ((2, server.bob), (1, server.alice)):
            [mine] = await server.creations(await kept(server, member=member, file=png(meadow(number + 99))))
            await desk.enter(server.alice.guild.id, 1, viewer(server, member), mine.id)
        for _ in range(2):
            clock.ahead += timedelta(hours=1)
            await herald.advance()
    assert mine
    podium = next(each for each in server.channel.history() if "Results: Autumn" in card_text(each))
    assert f"picture {mine.id}" in card_text(podium)
    return podium.id, mine


# Words


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
    await bot.preferences.prefer(alice.id, preview=True)
    await server.inpaint(prompt=f"a draft of a {SECRET}", negative_prompt=SECRET)
    await bot.preferences.prefer(alice.id, style=SECRET)
    await bot.client.styles._styles.keep(guild_id, alice.id, Style(SECRET, "mist", "", True, ""))  # pyright: ignore[reportPrivateUsage]
    job = await kept(server, prompt="mist", style=SECRET)
    [creation] = await server.creations(job)
    await kept(server, member=server.bob, prompt="his own words", parent_id=creation.id)
    await bot.cases.did(guild_id, alice.id, server.moderator.id, "block", f"she said {SECRET}")  # pyright: ignore[reportArgumentType]
    vectors = bot.likeness._store  # pyright: ignore[reportPrivateUsage]
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
    browsing = server.atelier.likeness._browsing  # pyright: ignore[reportPrivateUsage]
    page = await browsing.page(server.alice.guild.id, Browsing(View.NEWEST, words=words), viewer(server))
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
        await server.atelier.removal.remove([creation.id])
        await server.atelier.removal.finish()
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
            await server.atelier.removal.remove([creation.id])
            await server.atelier.removal.finish()
        assert (settings.home / "atelier.db-wal").stat().st_size
        await kept(server)
        reader.execute("COMMIT")
    with server.env.time_context():
        await server.atelier.removal.finish()
    assert not (settings.home / "atelier.db-wal").stat().st_size


@pytest.mark.both_databases
async def test_a_vector_goes_with_the_last_picture_of_its_prompt(idle_server: Server, settings: Settings) -> None:
    server = idle_server
    jobs = [await kept(server, prompt="shared", member=each) for each in (server.alice, server.bob)]
    shared = [(await server.creations(each))[0] for each in jobs]
    [alone] = await server.creations(await kept(server, prompt="alone"))
    vectors = server.atelier.likeness._store  # pyright: ignore[reportPrivateUsage]
    unread = await vectors.unread(10)
    await vectors.keep_read(unread, {each.prompt: b"v" * 768 for each in unread})
    for creation, count in ((shared[0], 2), (alone, 1), (shared[1], 0)):
        with server.env.time_context():
            await server.atelier.removal.remove([creation.id])
        assert await _count(settings, "prompt_vectors") == count
    # What was read before a removal and is kept after it comes too late.
    await vectors.keep_read(unread, {each.prompt: b"v" * 768 for each in unread})
    assert await _count(settings, "prompt_vectors") == 0


async def test_vectors_that_nothing_names_are_dropped_at_a_start(idle_server: Server, settings: Settings) -> None:
    server = idle_server
    await kept(server, prompt="kept")
    vectors = server.atelier.likeness._store  # pyright: ignore[reportPrivateUsage]
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
        await server.atelier.herald.advance()
    await delete(server, host)
    running = await server.atelier.challenges.challenge(server.alice.guild.id, 1)
    # Others take part in it.
    assert (running.state, running.user_id, running.title) == (ChallengeState.OPEN, 0, SECRET)
    assert (running.themes, running.every_days) == ((), 0)
    with server.env.time_context():
        for _ in range(2):
            clock.ahead += timedelta(hours=1)
            await server.atelier.herald.advance()
    over = await server.atelier.challenges.newest(server.alice.guild.id, viewer(server))
    # One had not begun.
    states = (ChallengeState.CANCELLED, ChallengeState.CLOSED, ChallengeState.CLOSED)
    assert [(each.state, each.title, each.theme, each.rules) for each in over] == [
        (state, NO_TITLE, "", "") for state in states
    ]
    with server.env.time_context():
        await server.atelier.herald.advance()
        await server.atelier.removal.finish()
    assert in_the_database(settings) == []
    for shown in server.channel.history():
        assert SECRET not in card_text(shown)


async def test_what_moderators_said_of_who_is_forgotten_goes_from_their_cards(idle_server: Server) -> None:
    server = idle_server
    job = await kept(server)
    [creation] = await server.creations(job)
    office, card_id = await on_a_case(server, job, creation)
    modal = await server.moderator.click(message(office, card_id), label="Remove")
    await server.moderator.submit_modal(modal, {"why": f"it was {SECRET}"})
    assert SECRET in card_text(message(office, card_id))
    for member in (server.alice, server.moderator):
        assert f"<@{member.id}>" in card_text(message(office, card_id))
        await delete(server, member)
        assert f"<@{member.id}>" not in card_text(message(office, card_id))
        assert SECRET not in card_text(message(office, card_id))


async def test_what_a_member_reported_is_withdrawn_later_where_it_can_not_be_now(idle_server: Server) -> None:
    server = idle_server
    job = await kept(server)
    [creation] = await server.creations(job)
    office, card_id = await on_a_case(server, job, creation)
    deny(server, 403, 50013)
    assert "could not be changed yet" in await delete(server, server.bob)
    assert "rude" in card_text(message(office, card_id))
    allow(server)
    with server.env.time_context():
        await server.atelier.removal.finish()
    assert card_text(message(office, card_id)) == "Withdrawn."


# What is given


def undecided() -> list[str]:
    """Return the columns of tables with members' rows of which nobody has said whether they are given."""
    decided = {(table, name) for (table, _), names in GIVEN.items() for name in names} | set(WITHHELD)
    tables = {table for table, _ in (*NAMED, *KEPT)}
    return [
        f"{table.__tablename__}.{column.name}"
        for table in tables
        for column in table.__table__.columns
        if (table, column.name) not in decided
    ]


def test_of_every_column_it_is_decided_whether_it_is_given() -> None:
    assert undecided() == []
    assert set(GIVEN) == {*NAMED, *KEPT}
    names = {table: {name for (each, name) in GIVEN if each is table} for table, _ in GIVEN}
    for (table, column), given in GIVEN.items():
        # Another column that names somebody is given only by itself.
        assert not set(given) & (names[table] - {column}), (table, column)
        assert not {(table, each) for each in given} & set(WITHHELD)


async def exported(server: Server, member: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what a member is given: the rows by table, and the files by name."""
    parts = await server.atelier.client.privacy._desk.export(member.id, 2**23)  # pyright: ignore[reportPrivateUsage]
    rows, files = {}, {}
    for part in parts:
        archive = zipfile.ZipFile(io.BytesIO(part))
        for name in archive.namelist():
            if name == "everything.json":
                rows = json.loads(archive.read(name))
            else:
                files[name] = archive.read(name)
    return rows, files


async def test_others_ids_and_words_are_not_given(idle_server: Server) -> None:
    server, alice, bob, moderator = idle_server, idle_server.alice, idle_server.bob, idle_server.moderator
    bot, guild_id = server.atelier, idle_server.alice.guild.id
    job = await kept(server)
    [creation] = await server.creations(job)
    [bobs] = await server.creations(await kept(server, member=bob))
    await bot.cases.report(guild_id, creation.id, bob.id, "bobswords")
    await bot.cases.report(guild_id, bobs.id, alice.id, "aliceswords")
    log = seen_by(server, moderator, await moderator.slash(server.channel, "moderation log"))
    for number in ("1", "2"):
        case = seen_by(server, moderator, await moderator.select(log, [number], custom_id="case"))
        modal = await moderator.click(case, label="Warn")
        await moderator.submit_modal(modal, {"why": "morganswords", "keep_out": True})
    for member in (alice, bob):
        await moderator.slash(server.channel, "moderation block", member=member, reason="morgansreason")
    await bot.client.critiques._desk._critiques.write(guild_id, NewCritique(creation.id, bob.id, "bobscritique", ""))  # pyright: ignore[reportPrivateUsage]
    everybody = {alice: "alice", bob: "bob", moderator: "morgan"}
    for member in everybody:
        rows, _ = await exported(server, member)
        told = json.dumps(rows)
        assert str(member.id) in told
        for other, name in everybody.items():
            if other is not member:
                assert str(other.id) not in told, (everybody[member], name)
                assert f"{name}s" not in told, (everybody[member], name)
    rows, _ = await exported(server, alice)
    assert [each["verdict"] for each in rows["cases"]] == ["warn", "warn", "block"]
    assert [each.get("reason") for each in rows["cases"]] == [None, "aliceswords", None]
    assert list(rows["blocks"][0]) == ["guild_id", "user_id", "until", "created_at"]
    rows, _ = await exported(server, moderator)
    assert {each["why"] for each in rows["cases"] if each["kind"] == "report"} == {"morganswords"}
    assert len(rows["kept_out"]) == 1
    assert "creation_id" not in rows["kept_out"][0]


async def test_others_pictures_are_not_given_and_what_was_uploaded_is(idle_server: Server) -> None:
    server, bob = idle_server, idle_server.bob
    store = server.atelier.files

    async def put(width: int, **options: Any) -> str:
        return await store.put(encoded(meadow(width, 40), "PNG", **options))

    await server.moderator.slash(
        server.channel, "style add", name="server", words="", picture=("a.png", png(meadow(21, 40))), for_everyone=True
    )
    await server.alice.slash(server.channel, "style add", name="hers", picture=("a.png", png(meadow(22, 40))))
    [theirs] = await server.creations(await kept(server, member=bob, file=png(meadow(23, 40))))
    await kept(server, member=bob, image_key=await put(24), mask_key=await put(25), file=png(meadow(26, 40)))
    # Hers: made, uploaded, and uploaded in place of what she remixes.
    await kept(server, file=png(meadow(31, 40)), image_key=await put(32), mask_key=await put(33))
    await kept(server, file=png(meadow(34, 40)), image_key=await put(35), parent_id=theirs.id)
    # Not hers: a copy of what she remixes, what she had done once more of Bob's, and the server's style.
    copy = await put(23, compress_level=1)
    await kept(server, file=png(meadow(36, 40)), image_key=copy, parent_id=theirs.id)
    await kept(server, file=png(meadow(37, 40)), image_key=await put(24), mask_key=await put(25))
    await kept(server, file=png(meadow(38, 40)), style_key=await put(21))
    _, files = await exported(server, server.alice)
    widths = sorted(opened(data).width for data in files.values())
    assert widths == [22, 31, 32, 33, 34, 35, 36, 37, 38]
    await delete(server, server.alice)
    left = {opened(path.read_bytes()).width for path in store.folder.rglob("*.png")}
    assert left == {21, 23, 24, 25, 26}


async def test_a_canvas_is_given_to_who_holds_the_challenge(club: Server) -> None:
    server, host = club, club.moderator
    canvas = {"kind": "canvas", "image": ("a.png", png(meadow(41, 40))), "region": "left"}
    await host.slash(server.channel, "challenge create", title="Same", theme="gold", **canvas)
    challenge = await server.atelier.challenges.challenge(host.guild.id, 1)
    await kept(server, file=png(meadow(42, 40)), image_key=challenge.image_key, mask_key=challenge.mask_key)
    for member, widths in ((host, [41, 41]), (server.alice, [42])):
        _, files = await exported(server, member)
        assert sorted(opened(data).width for data in files.values()) == widths


@pytest.mark.parametrize("is_removed", [True, False])
async def test_a_lost_permission_ends_a_delivery_only_where_nothing_was_removed(
    idle_server: Server, is_removed: bool
) -> None:
    server = idle_server
    job = await kept(server, count=2)
    first, _ = await server.creations(job)
    if is_removed:
        await server.atelier.removal.take([first.id])
    else:
        await server.atelier.store.mark_undelivered(job.id)
    deny(server, 403, 50013)
    with server.env.time_context():
        await server.atelier.delivery.deliver(job.id)
    assert bool(await server.atelier.store.undelivered_jobs()) == is_removed
