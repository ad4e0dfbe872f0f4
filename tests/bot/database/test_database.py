"""The database's shape, and files."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import make_url, text

from bot.config import Settings
from bot.database.engine import DatabaseUnavailableError, alembic_config, check_sqlite, create_database, migrate
from bot.database.file_store import FileStore


@pytest.mark.both_databases
async def test_migrations_go_up_down_and_up_and_agree_with_the_tables(settings: Settings) -> None:
    config = alembic_config(settings.database)
    for direction, target in ((command.upgrade, "head"), (command.downgrade, "base"), (command.upgrade, "head")):
        await asyncio.to_thread(direction, config, target)
    await asyncio.to_thread(command.check, config)
    await migrate(settings.database)


async def test_a_migration_that_is_killed_changes_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    config = alembic_config(settings.database)
    await asyncio.to_thread(command.upgrade, config, "0008")
    create_index = Operations.create_index

    def killed(self: Operations, name: str, *arguments: Any, **options: Any) -> Any:
        if name == "ix_votes_entry_id":
            raise KeyboardInterrupt
        return create_index(self, name, *arguments, **options)

    monkeypatch.setattr(Operations, "create_index", killed)
    with pytest.raises(KeyboardInterrupt):
        await asyncio.to_thread(command.upgrade, config, "head")
    monkeypatch.undo()
    await migrate(settings.database)
    assert await check_sqlite(settings.database) == []


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
    files = FileStore(tmp_path)
    keys = await asyncio.gather(*(files.put(data) for data in [b"one", b"two", b"one"] * 5))
    assert len(set(keys)) == 2
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == set(keys)
    assert await files.get(keys[0]) == b"one"
    with pytest.raises(FileNotFoundError):
        await files.get("00.png")


async def test_rows_of_every_shape_survive_the_way_to_the_newest_and_back(settings: Settings) -> None:
    config = alembic_config(settings.database)
    shapes = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]
    path = make_url(settings.database).database or ""
    for shape in reversed(shapes):
        await asyncio.to_thread(command.upgrade, config, shape)
        _fill(path)
        filled = _counts(path)
        assert filled
        if shape != shapes[0]:
            shutil.copyfile(path, f"{path}.before")
            for direction, target in ((command.upgrade, "head"), (command.downgrade, shape), (command.upgrade, "head")):
                await asyncio.to_thread(direction, config, target)
                now = _counts(path)
                assert {table: now[table] for table in filled} == filled, (shape, target)
                assert await check_sqlite(settings.database) == []
            shutil.copyfile(f"{path}.before", path)


def _fill(path: str) -> None:
    """Add a row of id 1 to each table that has none; what it refers to has the id 1 as well."""
    with closing(sqlite3.connect(path)) as database, database:
        for table in _tables(database):
            if database.execute(f"SELECT 1 FROM {table}").fetchone():
                continue
            columns = database.execute(f"PRAGMA table_info({table})").fetchall()
            values = {name: _value(name, kind) for _, name, kind, needed, _, key in columns if needed or key}
            marks = ", ".join("?" for _ in values)
            database.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))


def _value(name: str, kind: str) -> object:
    if "JSON" in kind:
        return '{"prompt": "a fox"}' if name in ("request", "settings", "preferences") else "[]"
    return {"DATE": "2026-01-01 00:00:00", "VARC": "word", "TEXT": "word"}.get(kind[:4], 1)


def _tables(database: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'creation_words%'"
    return [name for (name,) in database.execute(query) if name not in ("alembic_version", "sqlite_sequence")]


def _counts(path: str) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as database:
        return {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in _tables(database)}


async def test_what_is_made_of_a_file_is_made_once(tmp_path: Path) -> None:
    made: list[bytes] = []

    def small(data: bytes) -> bytes:
        made.append(data)
        return data[:3]

    key = await FileStore(tmp_path).put(b"picture")
    assert [await FileStore(tmp_path).derived(key, small) for _ in range(2)] == [b"pic", b"pic"]
    assert made == [b"picture"]
