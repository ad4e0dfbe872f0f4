"""Run Alembic on the async database of `attributes["url"]`, or, from the command line, on that of the settings."""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection, Engine, event

from bot.config import Settings
from bot.database.engine import create_database
from bot.database.tables import Base


def run(connection: Connection) -> None:
    """Run the migrations on an open connection."""
    # SQLite can't alter most things in place: batch mode copies the table.
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        include_name=_is_ours,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    # FTS5's tables and PostgreSQL's index of a tsvector are made by hand.
    return not (kind in ("table", "index") and name and name.startswith(("creation_words", "ix_creations_words")))


def _prepare_sqlite(engine: Engine) -> None:
    """Make a migration one transaction, with tables changing places under those that refer to them.

    sqlite3 by itself commits before it changes a table; a bot killed in the middle would leave a shape that is neither.
    """

    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=OFF")
        cursor.close()

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))


async def run_async() -> None:
    """Open the database, migrate, close it."""
    url = context.config.attributes.get("url") or Settings().database
    engine = create_database(url)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine.sync_engine)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(run)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(run_async())
