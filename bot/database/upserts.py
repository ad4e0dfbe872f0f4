"""Insert-if-absent helpers; guilds and members get a row when they first use Atelier."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import now
from bot.database.tables import Base, GuildRow, MemberRow

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


async def ensure_guild(session: AsyncSession, guild_id: int) -> None:
    """Insert the row of a guild if it does not exist yet."""
    await insert_if_absent(session, GuildRow(id=guild_id, created_at=now(), settings={}))


async def ensure_member(session: AsyncSession, user_id: int) -> None:
    """Insert the row of a member if it does not exist yet."""
    await insert_if_absent(session, MemberRow(id=user_id, created_at=now(), preferences={}))


async def insert_if_absent(session: AsyncSession, row: Base) -> bool:
    """Insert a row unless one with the same unique key exists; return whether it was inserted.

    Safe against other transactions that insert the same row at the same time.
    """
    insert: Any = _INSERTS[session.get_bind().dialect.name]
    values = {name: value for name, value in vars(row).items() if name in row.__table__.columns}
    result: Any = await session.execute(insert(type(row)).values(**values).on_conflict_do_nothing())
    return result.rowcount == 1
