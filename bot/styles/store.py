"""Storage of styles, as values of `bot.styles.models`. Each method is one transaction."""

from typing import Any

from sqlalchemy import delete, or_, select

from bot.core.clock import now
from bot.database.store import DatabaseStore
from bot.database.tables import StyleRow
from bot.database.upserts import ensure_guild
from bot.styles.models import Style

# The owner of the styles of a whole server.
EVERYBODY = 0


class StyleStore(DatabaseStore):
    """Reads and changes the `styles` table."""

    async def styles(self, guild_id: int, user_id: int) -> list[Style]:
        """Return the styles that a member can use in a guild, by name; their own override the server's."""
        is_usable = or_(StyleRow.user_id == user_id, StyleRow.user_id == EVERYBODY)
        query = (
            select(StyleRow).where(StyleRow.guild_id == guild_id, is_usable).order_by(StyleRow.name, StyleRow.user_id)
        )
        async with self._session() as session:
            rows = list(await session.scalars(query))
        found = {row.name: _style(row, user_id) for row in rows}
        return list(found.values())

    async def keep(self, guild_id: int, user_id: int, style: Style) -> None:
        """Store a style of a member or EVERYBODY; an existing one with this name and owner is replaced."""
        async with self._session.begin() as session:
            await ensure_guild(session, guild_id)
            row = await session.scalar(select(StyleRow).where(*_has_name(guild_id, user_id, style.name)))
            row = row or StyleRow(guild_id=guild_id, user_id=user_id, name=style.name, created_at=now())
            row.words, row.negative_words = style.words, style.negative_words
            row.image_key, row.source_id = style.image_key, style.source_id
            session.add(row)

    async def remove(self, guild_id: int, user_id: int, name: str) -> bool:
        """Delete a style of a member or EVERYBODY; return False if there is none with this name."""
        async with self._session.begin() as session:
            result: Any = await session.execute(delete(StyleRow).where(*_has_name(guild_id, user_id, name)))
            return result.rowcount == 1


def _style(row: StyleRow, user_id: int) -> Style:
    return Style(row.name, row.words, row.negative_words, row.user_id == user_id, row.image_key, row.source_id)


def _has_name(guild_id: int, user_id: int, name: str) -> tuple[Any, ...]:
    return StyleRow.guild_id == guild_id, StyleRow.user_id == user_id, StyleRow.name == name
