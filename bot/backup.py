"""Backups: a consistent copy of the database, and of the files that it names, in the layout of `ATELIER_HOME`.

The database is copied first, by SQLite's online backup (https://www.sqlite.org/backup.html), the files that the copy
names afterwards: a file is named by its content, so those of a moment stay what they were. All of it blocks.
"""

import asyncio
import hashlib
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.core.errors import UserError
from bot.database.engine import check_sqlite, create_database, migrate
from bot.database.file_references import named_files
from bot.database.file_store import FileStore
from bot.drafts.store import DraftStore

DATABASE = "atelier.db"
FILES = "files"
# A backup has a database under its own name once all the rest is there.
UNFINISHED = "unfinished.db"


class BackupError(UserError):
    """A backup can't be made or restored; the message says why, to the owner."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied: whether the database was, how many files, and what is wrong with them, a sentence each."""

    has_database: bool
    files: int
    problems: tuple[str, ...] = ()


def back_up(database_url: str, home: Path, target: Path) -> Copied:
    """Copy database and named files into the folder `target` while the bot runs; from PostgreSQL only the files.

    Raises BackupError where the folder isn't empty, or there is no database.
    """
    _check_empty(target)
    url = make_url(database_url)
    is_sqlite = url.get_backend_name() == "sqlite"
    part = target / UNFINISHED
    if is_sqlite:
        source = Path(url.database or "")
        if not source.is_file():
            raise BackupError(f"There is no database at {source}, so there is nothing to back up.")
        target.mkdir(parents=True, exist_ok=True)
        _copy_database(source, part)
    keys = asyncio.run(_keys(_sqlite_url(part) if is_sqlite else database_url))
    copied, missing = _copy_files(FileStore(home / FILES), FileStore(target / FILES), keys)
    if is_sqlite:
        part.rename(target / DATABASE)
    return Copied(is_sqlite, copied, tuple(f"{key} is named but missing" for key in missing))


def restore(source: Path, database_url: str, home: Path) -> Copied:
    """Put a backup into an empty `home`, bring it to the newest shape, and prove that it is whole.

    Proven are SQLite's integrity and references, and that every named file is there with the content that its name
    says; of a backup without a database, the content of its files. Raises BackupError where the home isn't empty, or
    `source` isn't a whole backup.
    """
    _check_empty(home)
    url = make_url(database_url)
    has_database = (source / DATABASE).is_file()
    if (source / UNFINISHED).exists() or not (has_database or (source / FILES).is_dir()):
        raise BackupError(f"{source} is no backup, or an unfinished one.")
    if has_database != (url.get_backend_name() == "sqlite"):
        raise BackupError("The backup and ATELIER_DATABASE_URL are of different databases.")
    target, files = Path(url.database or ""), FileStore(home / FILES)
    if has_database and target.exists():
        raise BackupError(f"There is a database at {target} already.")
    problems: list[str] = []
    if has_database:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / DATABASE, target)
        asyncio.run(migrate(database_url))
        problems += asyncio.run(check_sqlite(database_url))
        keys = asyncio.run(_keys(database_url))
    else:
        keys = {path.name for path in (source / FILES).glob("??/*")}
    copied, missing = _copy_files(FileStore(source / FILES), files, keys, hard_links=False)
    problems += [f"{key} is named but missing" for key in missing]
    problems += _altered(files, keys - missing)
    return Copied(has_database, copied, tuple(problems))


def _check_empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty; choose a folder that is empty or doesn't exist.")


def _copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)


async def _keys(database_url: str) -> set[str]:
    database = create_database(database_url)
    try:
        # Files of drafts that nobody can have any more may have been collected.
        await DraftStore(database).expire()
        return await named_files(database)
    finally:
        await database.dispose()


def _copy_files(
    source: FileStore, target: FileStore, keys: set[str], *, hard_links: bool = True
) -> tuple[int, set[str]]:
    """Copy files, by hard links where both folders are on one disk; return how many there were, and which not."""
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


def _altered(files: FileStore, keys: set[str]) -> list[str]:
    return [
        f"{key} has not the content that its name says"
        for key in sorted(keys)
        if hashlib.sha256(files.path(key).read_bytes()).hexdigest() != Path(key).stem
    ]


def _sqlite_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"
