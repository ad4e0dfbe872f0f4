"""Storage of guild settings."""

from collections.abc import Callable
from dataclasses import asdict

from pydantic import TypeAdapter
from sqlalchemy import select, update

from bot.database.store import DatabaseStore
from bot.database.tables import GuildRow
from bot.database.upserts import ensure_guild
from bot.settings.models import GuildSettings

# Keys that are missing have their defaults; those that this version doesn't know are left out.
_SETTINGS = TypeAdapter(GuildSettings)


class GuildStore(DatabaseStore):
    """Reads and changes the settings in the `guilds` table. Each method is one transaction."""

    async def settings(self, guild_id: int) -> GuildSettings:
        """Return the settings of a guild, with defaults for those that were never changed."""
        async with self._session() as session:
            chosen = await session.scalar(select(GuildRow.settings).where(GuildRow.id == guild_id))
            return _SETTINGS.validate_python(chosen or {})

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
            chosen = select(GuildRow.settings).where(GuildRow.id == guild_id).with_for_update()
            stored = await session.scalar(chosen) or {}
            settings = change(_SETTINGS.validate_python(stored))
            statement = update(GuildRow).where(GuildRow.id == guild_id)
            # What another version has stored must still be there when that version runs again.
            await session.execute(statement.values(settings=stored | asdict(settings)))
        return settings
