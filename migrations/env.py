"""Run Alembic on the async database of `attributes["url"]`, or, from the command line, on that of the settings."""

import asyncio

from alembic import context
from sqlalchemy import Connection

from bot.gallery.database import create_database
from bot.gallery.tables import Base
from bot.settings import Settings


def run(connection: Connection) -> None:
    """Run the migrations on an open connection."""
    # SQLite can't alter most things in place: batch mode copies the table.
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, include_name=_is_ours)
    with context.begin_transaction():
        context.run_migrations()


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    # FTS5's tables and PostgreSQL's index of a tsvector are made by hand.
    return not (kind in ("table", "index") and name and name.startswith(("creation_words", "ix_creations_words")))


async def run_async() -> None:
    """Open the database, migrate, close it."""
    url = context.config.attributes.get("url") or Settings().database
    engine = create_database(url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(run)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(run_async())
