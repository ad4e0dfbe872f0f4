"""Database engine, migrations, and SQLite integrity checks."""

import asyncio
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"
BUSY_MILLISECONDS = 10_000

Database = AsyncEngine


class DatabaseUnavailableError(Exception):
    """The database cannot be opened or migrated; the message says why."""


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite URL; None for the URL of another database."""
    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def create_database(url: str) -> Database:
    """Return an engine for a SQLAlchemy URL, without connecting.

    SQLite connections get WAL, foreign keys, a busy timeout of 10 s, and `secure_delete`, which overwrites deleted
    content; the folder of the database file is created.
    """
    folder = make_url(url).database
    # The database server may have been restarted since a pooled connection was last used.
    engine = create_async_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        if folder:
            Path(folder).parent.mkdir(parents=True, exist_ok=True)
        event.listen(engine.sync_engine, "connect", _configure_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    cursor.close()


async def check_sqlite(url: str) -> list[str]:
    """Return SQLite's messages about damaged pages and indexes, and one for each broken foreign key; empty if sound."""
    engine = create_database(url)
    try:
        async with engine.connect() as connection:
            messages = await connection.scalars(text("PRAGMA integrity_check"))
            problems = [message for message in messages if message != "ok"]
            dangling = await connection.execute(text("PRAGMA foreign_key_check"))
            return problems + [f"row {row[1]} of {row[0]} refers to a row that {row[2]} hasn't" for row in dangling]
    finally:
        await engine.dispose()


def alembic_config(url: str) -> Config:
    """Return the Alembic configuration for one database; the command line uses the one in pyproject.toml."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    return config


async def migrate(url: str) -> None:
    """Upgrade the database to the newest migration, if it is not there yet. Raises DatabaseUnavailableError."""
    try:
        await asyncio.to_thread(command.upgrade, alembic_config(url), "head")
    except ModuleNotFoundError as error:
        how = f"install it with `.venv/bin/python -m pip install {error.name}`"
        raise DatabaseUnavailableError(f"the database's driver {error.name} is missing; {how}") from error
    except (SQLAlchemyError, OSError) as error:
        # The driver's own message, without SQLAlchemy's statement and links.
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise DatabaseUnavailableError(f"the database can't be used: {cause}") from error
