"""The database's shape, and files."""

import asyncio
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from bot.gallery.database import DatabaseUnavailableError, alembic_config, create_database, migrate
from bot.gallery.files import Files
from bot.settings import Settings


async def test_migrations_go_up_down_and_up_and_agree_with_the_tables(settings: Settings) -> None:
    config = alembic_config(settings.database)
    for direction, target in ((command.upgrade, "head"), (command.downgrade, "base"), (command.upgrade, "head")):
        await asyncio.to_thread(direction, config, target)
    await asyncio.to_thread(command.check, config)
    await migrate(settings.database)


async def test_sqlite_keeps_its_promises(settings: Settings) -> None:
    database = create_database(settings.database)
    async with database.connect() as connection:
        pragmas = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar() for name in ("journal_mode", "foreign_keys")
        ]
    await database.dispose()
    assert pragmas == ["wal", 1]


async def test_a_database_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseUnavailableError):
        await migrate(f"sqlite+aiosqlite:///{tmp_path}/file/atelier.db")


async def test_files_are_named_by_content_and_kept_once(tmp_path: Path) -> None:
    files = Files(tmp_path)
    keys = await asyncio.gather(*(files.put(data) for data in [b"one", b"two", b"one"] * 5))
    assert len(set(keys)) == 2
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == set(keys)
    assert await files.get(keys[0]) == b"one"
    with pytest.raises(FileNotFoundError):
        await files.get("00.png")
