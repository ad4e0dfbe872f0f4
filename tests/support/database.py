"""A migrated SQLite database to copy: to migrate a new one costs a tenth of a second, some thousand times."""

import asyncio
import sqlite3
import tempfile
from functools import cache
from pathlib import Path

from alembic import command

from bot.config import Settings
from bot.database.engine import alembic_config


async def put_migrated_database(settings: Settings) -> None:
    """Put a copy of the template where the settings' SQLite database belongs, unless there is one."""
    path = settings.home / "atelier.db"
    if settings.database_url is None and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # In a thread, because the migrations run a loop of their own.
        path.write_bytes(await asyncio.to_thread(_template))


@cache
def _template() -> bytes:
    """Return the file of a migrated database without rows."""
    with tempfile.TemporaryDirectory(prefix="atelier-template-") as folder:
        path = Path(folder) / "atelier.db"
        command.upgrade(alembic_config(f"sqlite+aiosqlite:///{path}"), "head")
        assert not path.with_name("atelier.db-wal").exists(), "the template would lack what is in the log"
        # A copy of a file that sqlite3 has opened and closed is one that it opens.
        with sqlite3.connect(path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return path.read_bytes()
