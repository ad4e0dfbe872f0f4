"""The connection to the database, and its migrations."""

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


class DatabaseUnavailableError(Exception):
    """The database can't be opened or brought to shape; the message says why."""


def create_database(url: str) -> AsyncEngine:
    """Return the engine for a SQLAlchemy URL; SQLite gets WAL, foreign keys and a busy timeout.

    What is deleted in SQLite is overwritten.
    """
    folder = make_url(url).database
    # A server may have been restarted since its connection was last used.
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
    """Return what is wrong with an SQLite database, in its own words: its pages and indexes, and its references."""
    engine = create_database(url)
    try:
        async with engine.connect() as connection:
            whole = await connection.scalars(text("PRAGMA integrity_check"))
            problems = [line for line in whole if line != "ok"]
            dangling = await connection.execute(text("PRAGMA foreign_key_check"))
            return problems + [f"row {row[1]} of {row[0]} refers to a row that {row[2]} hasn't" for row in dangling]
    finally:
        await engine.dispose()


def alembic_config(url: str) -> Config:
    """Return Alembic's configuration for one database; the command line's stands in pyproject.toml."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    return config


async def migrate(url: str) -> None:
    """Bring the database to the newest shape; nothing happens where it has it. Raises DatabaseUnavailableError."""
    try:
        await asyncio.to_thread(command.upgrade, alembic_config(url), "head")
    except ModuleNotFoundError as error:
        how = f"install it with `.venv/bin/python -m pip install {error.name}`"
        raise DatabaseUnavailableError(f"the database's driver {error.name} is missing; {how}") from error
    except (SQLAlchemyError, OSError) as error:
        # What a driver says, without the statement and the links around it.
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise DatabaseUnavailableError(f"the database can't be used: {cause}") from error
