"""Backups: a consistent copy of the database and of the files that it refers to, in the layout of `ATELIER_HOME`.

The database is copied first, with SQLite's online backup (https://www.sqlite.org/backup.html), and then the files that
the copy refers to. Files never change after they are written, because a file's name is the hash of its content. All
functions block.
"""

import asyncio
import hashlib
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.core.errors import UserError
from bot.database.engine import check_sqlite, create_database, migrate, sqlite_file
from bot.database.file_references import named_files
from bot.database.file_store import FileStore
from bot.drafts.store import DraftStore

DATABASE = "atelier.db"
FILES = "files"
# The name of the database copy until all files are copied; then it is renamed to DATABASE.
UNFINISHED = "unfinished.db"


class BackupError(UserError):
    """A backup cannot be made or restored; the message tells the owner why."""


@dataclass(frozen=True, slots=True)
class Copied:
    """Result of a backup or restore: whether it has a database, the number of files, and one sentence per problem."""

    has_database: bool
    files: int
    problems: tuple[str, ...] = ()


def back_up(database_url: str, home: Path, target: Path) -> Copied:
    """Copy the database and its files into the folder `target`, also while the bot runs.

    From PostgreSQL only the files are copied. Raises BackupError if the folder is not empty or the SQLite database does
    not exist.
    """
    _check_empty(target)
    source = sqlite_file(database_url)
    unfinished = target / UNFINISHED
    if source:
        if not source.is_file():
            raise BackupError(f"There is no database at {source}, so there is nothing to back up.")
        target.mkdir(parents=True, exist_ok=True)
        _copy_database(source, unfinished)
    keys = asyncio.run(_referenced_keys(_sqlite_url(unfinished) if source else database_url))
    copied, missing = _copy_files(FileStore(home / FILES), FileStore(target / FILES), keys)
    if source:
        unfinished.rename(target / DATABASE)
    return Copied(source is not None, copied, tuple(f"{key} is named but missing" for key in missing))


def restore(source: Path, database_url: str, home: Path) -> Copied:
    """Copy a backup into an empty `home`, migrate its database, and verify it.

    Verified are SQLite's integrity and foreign keys, and that every file that the database refers to exists and has the
    hash in its name; without a database, only the hashes. Raises BackupError if `home` is not empty, `source` is not a
    complete backup, or `database_url` is of another kind or already exists.
    """
    _check_empty(home)
    target = sqlite_file(database_url)
    has_database = (source / DATABASE).is_file()
    if (source / UNFINISHED).exists() or not (has_database or (source / FILES).is_dir()):
        raise BackupError(f"{source} is no backup, or an unfinished one.")
    if has_database != (target is not None):
        raise BackupError("The backup and ATELIER_DATABASE_URL are of different databases.")
    files = FileStore(home / FILES)
    if target and target.exists():
        raise BackupError(f"There is a database at {target} already.")
    problems: list[str] = []
    if target:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / DATABASE, target)
        asyncio.run(migrate(database_url))
        problems += asyncio.run(check_sqlite(database_url))
        keys = asyncio.run(_referenced_keys(database_url))
    else:
        keys = {path.name for path in (source / FILES).glob("??/*")}
    copied, missing = _copy_files(FileStore(source / FILES), files, keys, hard_links=False)
    problems += [f"{key} is named but missing" for key in missing]
    problems += _altered_files(files, keys - missing)
    return Copied(has_database, copied, tuple(problems))


def _check_empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty; choose a folder that is empty or doesn't exist.")


def _copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)


async def _referenced_keys(database_url: str) -> set[str]:
    database = create_database(database_url)
    try:
        # The files of expired drafts may already have been deleted.
        await DraftStore(database).expire()
        return await named_files(database)
    finally:
        await database.dispose()


def _copy_files(
    source: FileStore, target: FileStore, keys: set[str], *, hard_links: bool = True
) -> tuple[int, set[str]]:
    """Copy files, or hard-link them on the same disk; return the number of copied files and the missing keys."""
    missing = set()
    for key in keys:
        target.path(key).parent.mkdir(parents=True, exist_ok=True)
        try:
            if hard_links:
                with suppress(OSError):
                    os.link(source.path(key), target.path(key))
                    continue
            shutil.copyfile(source.path(key), target.path(key))
        except FileNotFoundError:
            missing.add(key)
    return len(keys) - len(missing), missing


def _altered_files(files: FileStore, keys: set[str]) -> list[str]:
    return [
        f"{key} has not the content that its name says"
        for key in sorted(keys)
        if hashlib.sha256(files.path(key).read_bytes()).hexdigest() != Path(key).stem
    ]


def _sqlite_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"
