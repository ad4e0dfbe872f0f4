"""Guilds and how they like it."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import select, update

from bot.core.safety_levels import Handling, Level
from bot.database.store import DatabaseStore
from bot.database.tables import GuildRow
from bot.database.upserts import ensure_guild
from bot.settings.models import GuildSettings, WebAccess


class GuildStore(DatabaseStore):
    """The servers that use Atelier."""

    async def settings(self, guild_id: int) -> GuildSettings:
        """Return what those who manage a guild have chosen, with the defaults for the rest."""
        async with self._session() as session:
            return _settings(await session.scalar(select(GuildRow.settings).where(GuildRow.id == guild_id)))

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
            settings = change(_settings(await session.scalar(chosen)))
            await session.execute(update(GuildRow).where(GuildRow.id == guild_id).values(settings=asdict(settings)))
        return settings


def _settings(chosen: dict[str, Any] | None) -> GuildSettings:
    settings = GuildSettings(**{name: _frozen(value) for name, value in (chosen or {}).items()})
    return replace(
        settings,
        web=WebAccess(settings.web),
        safety=Level(settings.safety),
        safety_restricted=Level(settings.safety_restricted),
        handling=Handling(settings.handling),
    )


def _frozen(value: Any) -> Any:
    """Return a value as it was before JSON made lists of its tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
