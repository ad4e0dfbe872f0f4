"""Guilds and how they like it."""

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
    """The servers that use Atelier."""

    async def settings(self, guild_id: int) -> GuildSettings:
        """Return what those who manage a guild have chosen, with the defaults for the rest."""
        async with self._session() as session:
            chosen = await session.scalar(select(GuildRow.settings).where(GuildRow.id == guild_id))
            return _SETTINGS.validate_python(chosen or {})

    async def keeping(self) -> dict[int, int]:
        """Return for how many days the guilds keep pictures that don't keep them for ever."""
        async with self._session() as session:
            rows = await session.execute(select(GuildRow.id, GuildRow.settings))
            return {guild_id: days for guild_id, chosen in rows if (days := chosen.get("keep_days"))}

    async def change(self, guild_id: int, change: Callable[[GuildSettings], GuildSettings]) -> GuildSettings:
        """Change what they have chosen and return it; of two changes at once, the second sees the first."""
        async with self._session.begin() as session:
            # This write makes SQLite wait for the other change before anything is read; FOR UPDATE does so elsewhere.
            await ensure_guild(session, guild_id)
            chosen = select(GuildRow.settings).where(GuildRow.id == guild_id).with_for_update()
            stored = await session.scalar(chosen) or {}
            settings = change(_SETTINGS.validate_python(stored))
            statement = update(GuildRow).where(GuildRow.id == guild_id)
            # What another version has stored must still be there when that version runs again.
            await session.execute(statement.values(settings=stored | asdict(settings)))
        return settings
