"""Storage of guild settings."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from bot.core.safety_levels import Handling, Level
from bot.database.tables import GuildRow
from bot.database.upserts import ensure_guild
from bot.settings.models import GuildSettings, WebAccess


class GuildStore:
    """Reads and changes the settings in the `guilds` table. Each method is one transaction."""

    def __init__(self, database: AsyncEngine) -> None:
        self._session = async_sessionmaker(database, expire_on_commit=False)

    async def settings(self, guild_id: int) -> GuildSettings:
        """Return the settings of a guild, with defaults for those that were never changed."""
        async with self._session() as session:
            return _settings(await session.scalar(select(GuildRow.settings).where(GuildRow.id == guild_id)))

    async def keeping(self) -> dict[int, int]:
        """Return `keep_days` by guild id, for the guilds that do not keep pictures for ever."""
        async with self._session() as session:
            rows = await session.execute(select(GuildRow.id, GuildRow.settings))
            return {guild_id: days for guild_id, stored in rows if (days := stored.get("keep_days"))}

    async def change(self, guild_id: int, change: Callable[[GuildSettings], GuildSettings]) -> GuildSettings:
        """Apply `change` to a guild's settings, store and return the result; concurrent changes are serialised."""
        async with self._session.begin() as session:
            # This write makes SQLite wait for a concurrent change before the read; FOR UPDATE does so in PostgreSQL.
            await ensure_guild(session, guild_id)
            query = select(GuildRow.settings).where(GuildRow.id == guild_id).with_for_update()
            settings = change(_settings(await session.scalar(query)))
            await session.execute(update(GuildRow).where(GuildRow.id == guild_id).values(settings=asdict(settings)))
        return settings


def _settings(stored: dict[str, Any] | None) -> GuildSettings:
    settings = GuildSettings(**{name: _with_tuples(value) for name, value in (stored or {}).items()})
    return replace(
        settings,
        web=WebAccess(settings.web),
        safety=Level(settings.safety),
        safety_restricted=Level(settings.safety_restricted),
        handling=Handling(settings.handling),
    )


def _with_tuples(value: Any) -> Any:
    """Return a value with the lists that JSON made of its tuples converted back, recursively."""
    return tuple(map(_with_tuples, value)) if isinstance(value, list) else value
