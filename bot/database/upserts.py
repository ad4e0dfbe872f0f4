"""Guilds and members come to be known when they first use Atelier."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import now
from bot.database.tables import Base, GuildRow, MemberRow

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


async def ensure_guild(session: AsyncSession, guild_id: int) -> None:
    """Add a guild that is seen for the first time."""
    await insert_if_absent(session, GuildRow(id=guild_id, created_at=now(), settings={}))


async def ensure_member(session: AsyncSession, user_id: int) -> None:
    """Add a person who is seen for the first time."""
    await insert_if_absent(session, MemberRow(id=user_id, created_at=now(), preferences={}))


async def insert_if_absent(session: AsyncSession, row: Base) -> bool:
    """Add a row where none is in its place, even if another transaction adds it at the same moment; return whether."""
    insert: Any = _INSERTS[session.get_bind().dialect.name]
    values = {name: value for name, value in vars(row).items() if name in row.__table__.columns}
    result: Any = await session.execute(insert(type(row)).values(**values).on_conflict_do_nothing())
    return result.rowcount == 1
