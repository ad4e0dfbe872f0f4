"""Backups while the bot runs, and what a restore proves; and files that nothing needs any more."""

import asyncio
import os
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.app import built
from bot.config import Settings
from bot.database.file_store import OLD_SECONDS, FileStore
from bot.database.states import JobStatus
from bot.drafts import store as drafts
from tests.support.images import meadow, png
from tests.support.member_actions import kept
from tests.support.server import Server
from tests.support.waiting import eventually


def call(command: str, folder: Path, home: Path, code: int = 0) -> str:
    """Use `python -m bot backup` or `restore` with an ATELIER_HOME; return what it says."""
    environment = {"ATELIER_HOME": str(home), "ATELIER_DATABASE_URL": "", "DISCORD_TOKEN": ""}
    result = CliRunner().invoke(app, [command, str(folder)], env=environment)
    assert result.exit_code == code, result.output
    return result.output


async def called(command: str, folder: Path, home: Path, code: int = 0) -> str:
    return await asyncio.to_thread(call, command, folder, home, code)


def aged(files: FileStore) -> None:
    """Make every file older than the collector's hour."""
    moment = time.time() - OLD_SECONDS - 60
    for path in files.folder.glob("??/*"):
        os.utime(path, (moment, moment))


def on_disk(files: FileStore) -> set[str]:
    return {path.name for path in files.folder.glob("??/*")}


async def test_a_backup_of_a_busy_bot_is_one_moment_and_can_be_restored(
    idle_server: Server, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, home = tmp_path_factory.mktemp("kept") / "backup", tmp_path_factory.mktemp("home")
    before = await kept(idle_server, count=2)
    stop, written = asyncio.Event(), []

    async def write() -> None:
        while not stop.is_set():
            await idle_server.atelier.kernel.files.put(png(meadow(8 + len(written), 8)))
            written.append(await kept(idle_server, prompt=f"a fox {len(written)}"))

    writing = asyncio.create_task(write())
    await eventually(lambda: written)
    assert "files:" in await called("backup", folder, settings.home)
    stop.set()
    await writing
    said = await called("restore", folder, home)
    assert "integrity_check" in said
    assert "foreign_key_check" in said
    async with built(settings.model_copy(update={"home": home})) as again:
        # They were written one after another: of the copied moment, the last alone may have no pictures yet.
        *earlier, _ = jobs = sorted(await again.kernel.store.jobs(*JobStatus), key=lambda job: job.id)
        assert {job.status for job in earlier} == {JobStatus.SUCCEEDED}
        for job in jobs:
            pictures = await again.kernel.creations.creations_of(job.id)
            assert bool(pictures) is (job.status is JobStatus.SUCCEEDED)
            assert {await again.kernel.files.get(each.file_key) for each in pictures} <= {png(meadow())}
        made = await again.kernel.creations.creations_of(before.id)
        assert len(made) == 2
        assert await again.kernel.files.get(made[0].file_key) == png(meadow())


async def test_restore_refuses_what_is_there_and_says_what_is_wrong(
    idle_server: Server, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    job = await kept(idle_server)
    [creation] = await idle_server.creations(job)
    await called("backup", folder, settings.home)
    assert "not empty" in await called("backup", folder, settings.home, code=1)
    assert "not empty" in await called("restore", folder, settings.home, code=1)
    assert "no backup" in await called("restore", settings.home / "files", tmp_path_factory.mktemp("home"), code=1)
    copy = FileStore(folder / "files").path(creation.file_key)
    copy.unlink()
    assert "named but missing" in await called("restore", folder, tmp_path_factory.mktemp("home"), code=1)
    copy.write_bytes(b"something else")
    assert "not the content" in await called("restore", folder, tmp_path_factory.mktemp("home"), code=1)
    (folder / "atelier.db").rename(folder / "unfinished.db")
    assert "unfinished" in await called("restore", folder, tmp_path_factory.mktemp("home"), code=1)


async def test_restore_finds_a_reference_to_nothing(
    idle_server: Server, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    job = await kept(idle_server)
    await called("backup", folder, settings.home)
    with closing(sqlite3.connect(folder / "atelier.db")) as database, database:
        database.execute("DELETE FROM jobs WHERE id = ?", (job.id,))
    assert "refers to a row" in await called("restore", folder, tmp_path_factory.mktemp("home"), code=1)


async def test_there_is_nothing_to_back_up_yet(tmp_path: Path) -> None:
    assert "no database" in await called("backup", tmp_path / "backup", tmp_path / "home", code=1)


async def test_what_no_row_names_is_removed_after_an_hour(idle_server: Server) -> None:
    files, collector = idle_server.atelier.kernel.files, idle_server.atelier.drafts.collector
    [creation] = await idle_server.creations(await kept(idle_server))

    def derived(data: bytes) -> bytes:
        return data[:10]

    await files.derived(creation.file_key, derived)
    lost, unfinished = await files.put(b"nobody's"), files.path(creation.file_key).parent / "new-abc"
    await files.derived(lost, derived)
    unfinished.write_bytes(b"half")
    named = {creation.file_key, f"{Path(creation.file_key).stem}.derived"}
    await collector.collect()
    assert len(on_disk(files)) == 5
    aged(files)
    again = await files.put(b"nobody's")
    await collector.collect()
    # Put again, it is about to be named; what was made of it can be made again.
    assert on_disk(files) == {*named, again}
    aged(files)
    await collector.collect()
    assert on_disk(files) == named


async def test_the_pictures_of_old_drafts_go_and_those_of_others_stay(
    studio: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await studio.inpaint()
    files, collector = studio.atelier.kernel.files, studio.atelier.drafts.collector
    aged(files)
    await collector.collect()
    assert len(on_disk(files)) == 2
    monkeypatch.setattr(drafts, "LIFETIME", timedelta())
    await collector.collect()
    assert on_disk(files) == set()
