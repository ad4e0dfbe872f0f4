"""What is kept of a member is given to them and forgotten: all of it."""

import io
import json
import sqlite3
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from bot.challenges.models import Ballot, ChallengeKind, NewChallenge
from bot.config import Settings
from bot.core.errors import UserError
from bot.database.tables import Base
from bot.privacy.store import KEPT, NAMED
from tests.support.cards import card_text
from tests.support.images import meadow, opened, png
from tests.support.member_actions import kept, seen_by, viewer
from tests.support.privacy import SECRET, lived
from tests.support.server import Server, opened_server


def uncovered(metadata: MetaData) -> list[str]:
    """Return the columns that name a member and for which nobody has said what becomes of them."""
    covered = {(table.__tablename__, column) for table, column in (*NAMED, *KEPT)}
    return [
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if _names_a_member(column) and (table.name, column.name) not in covered
    ]


def _names_a_member(column: Column[Any]) -> bool:
    refers = any(key.target_fullname == "members.id" for key in column.foreign_keys)
    return refers or column.name in ("user_id", "by") or column.name.endswith(("_user_id", "_by"))


def test_no_column_that_names_a_member_is_forgotten() -> None:
    assert uncovered(Base.metadata) == []
    later = MetaData()
    Table("diaries", later, Column("id", Integer), Column("user_id", Integer))
    assert uncovered(later) == ["diaries.user_id"]


def rows_with(settings: Settings, *texts: str) -> list[str]:
    """Return the tables that have one of these texts in any column of any row."""
    found = []
    with sqlite3.connect(settings.home / "atelier.db") as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            # The search index's own tables have no rows of anyone's.
            if not table.startswith("creation_words_"):
                rows = str(database.execute(f'SELECT * FROM "{table}"').fetchall())
                found += [table for text in texts if text in rows]
    return found


async def test_nothing_is_left_in_any_table_or_file(idle_server: Server, settings: Settings) -> None:
    server, alice = idle_server, idle_server.alice
    child = await lived(server)
    [theirs] = await server.creations(child)
    assert len(rows_with(settings, str(alice.id))) > 8
    asked = await alice.slash(server.channel, "privacy delete")
    assert "It can't be undone" in card_text(seen_by(server, alice, asked))
    await alice.click(seen_by(server, alice, asked), label="Delete everything")
    assert card_text(seen_by(server, alice, asked)) == "Everything about you is deleted."
    assert rows_with(settings, str(alice.id), SECRET) == []
    assert {path.name for path in server.atelier.kernel.files.folder.rglob("*") if path.is_file()} == {theirs.file_key}
    for message in server.channel.history():
        assert SECRET not in card_text(message)
        assert str(alice.id) not in card_text(message)
    family = await server.atelier.kernel.lineage.family(theirs, viewer(server))
    assert [each.is_shown for each in family.ancestors] == [False]


async def test_a_block_outlives_being_forgotten(idle_server: Server) -> None:
    server, bob = idle_server, idle_server.bob
    await kept(server, member=bob)
    await server.moderator.slash(server.channel, "moderation block", member=bob, reason="rude")
    asked = await bob.slash(server.channel, "privacy delete")
    await bob.click(seen_by(server, bob, asked), label="Delete everything")
    assert "but that you are blocked" in card_text(seen_by(server, bob, asked))
    answer = await bob.slash(server.channel, "queue")
    assert "have blocked you" in answer.response.content


async def test_the_result_of_a_challenge_stays_without_the_name(settings: Settings) -> None:
    moment = [datetime.now(UTC)]
    async with opened_server(settings, working=False, clock=lambda: moment[0]) as server:
        desk, herald, guild_id = (
            server.atelier.challenges.service,
            server.atelier.challenges.scheduler,
            server.alice.guild.id,
        )
        new = NewChallenge(
            guild_id=guild_id,
            channel_id=server.channel.id,
            user_id=server.alice.id,
            title="Autumn",
            theme="gold",
            rules="",
            kind=ChallengeKind.PROMPT,
            ballot=Ballot.STARS,
            starts_at=moment[0],
            ends_at=moment[0] + timedelta(hours=1),
            voting_ends_at=moment[0] + timedelta(hours=2),
        )
        await desk.create(new)
        with server.env.time_context():
            await herald.advance()
            for number, member in ((1, server.alice), (2, server.bob)):
                [creation] = await server.creations(await kept(server, member=member, file=png(meadow(number + 99))))
                await desk.enter(guild_id, 1, viewer(server, member), creation.id)
            for _ in range(2):
                moment[0] += timedelta(hours=1)
                await herald.advance()
            asked = await server.alice.slash(server.channel, "privacy delete")
        await server.alice.click(seen_by(server, server.alice, asked), label="Delete everything")
        with server.env.time_context():
            await herald.advance()
        [entry] = await desk.entries(1)
        assert (entry.user_id, entry.place) == (server.bob.id, 1)
        assert (await desk.challenge(guild_id, 1)).user_id == 0
        assert rows_with(settings, str(server.alice.id)) == []


async def test_everything_is_given(idle_server: Server) -> None:
    server, alice = idle_server, idle_server.alice
    await lived(server)
    answer = await alice.slash(server.channel, "privacy export")
    history = server.channel.history(viewer=alice)
    [sent] = [message for message in history if any("zip" in each.filename for each in message.attachments)]
    assert answer.ephemeral
    archive = zipfile.ZipFile(io.BytesIO(await sent.attachments[0].read()))
    everything = json.loads(archive.read("everything.json"))
    counts = {"jobs": 4, "creations": 2, "favourites": 1, "styles": 1, "permits": 1, "cases": 3, "drafts": 0}
    for table, count in counts.items():
        assert len(everything[table]) == count, table
    assert "interaction_token" not in str(everything)
    sizes = {opened(archive.read(name)).size for name in archive.namelist() if name.startswith("pictures/")}
    assert {(90, 90), (91, 90), (50, 50), (52, 50)} <= sizes
    assert (92, 90) not in sizes


async def test_what_is_too_large_is_split_or_refused(idle_server: Server) -> None:
    server = idle_server
    for number in range(4):
        await kept(server, file=png(meadow(100 + number, 100)))
    desk = server.atelier.privacy.service
    whole = await desk.export(server.alice.id, 2**20)
    parts = await desk.export(server.alice.id, 5_000)
    assert len(whole) == 1 < len(parts)
    assert all(len(part) <= 5_000 for part in parts)
    names = [name for part in parts for name in zipfile.ZipFile(io.BytesIO(part)).namelist()]
    assert sorted(names) == sorted(zipfile.ZipFile(io.BytesIO(whole[0])).namelist())
    with pytest.raises(UserError, match="more than I can send"):
        await desk.export(server.alice.id, 1000)


async def test_nobody_goes_on_from_what_nobody_may_remix(idle_server: Server) -> None:
    server = idle_server
    job = await kept(server)
    [creation] = await server.creations(job)
    panel = seen_by(server, server.alice, await server.alice.slash(server.channel, "settings"))
    assert "Nobody may remix" in card_text(panel)
    await server.alice.click(panel, custom_id="settings:no_remix")
    await server.alice.click(panel, custom_id="settings:web")
    assert not (await server.atelier.kernel.settings.preferences(server.alice.id)).web
    answer = await server.bob.slash(server.channel, "show", number=creation.id)
    shown = next(each for each in server.messages() if each.id == answer.response.id)
    refused = await server.bob.select(shown, ["strong"], custom_id=f"more:{creation.id}")
    assert "lets nobody go on from it" in refused.response.content
    await server.alice.select(shown, ["strong"], custom_id=f"more:{creation.id}")
    assert len(await server.jobs()) == 2


async def test_what_is_old_goes_but_favourites_stay(settings: Settings) -> None:
    moment = [datetime.now(UTC)]
    async with opened_server(settings, working=False, clock=lambda: moment[0]) as server:
        old, loved = [(await server.creations(await kept(server)))[0] for _ in range(2)]
        await server.atelier.kernel.creations.toggle_favourite(server.bob.id, loved.id)
        moment[0] += timedelta(days=40)
        with server.env.time_context():
            await server.atelier.moderation.retention.remove_old()
        assert len(await server.creations(await kept(server))) == 1
        assert await server.atelier.kernel.creations.creations_of(old.job_id) == [old]
        await server.atelier.kernel.settings.choose(server.alice.guild.id, keep_days=30)
        with server.env.time_context():
            await server.atelier.moderation.retention.remove_old()
        assert await server.atelier.kernel.creations.creations_of(old.job_id) == []
        assert len(await server.atelier.kernel.creations.creations_of(loved.job_id)) == 1
