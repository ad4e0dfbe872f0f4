"""Guilds and members come to be known when they first use Atelier."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.database.tables import Base, GuildRow, MemberRow
from bot.jobs.models import NewDraft, NewJob

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)


def asked_columns(new: NewJob | NewDraft) -> dict[str, Any]:
    """Return the columns that a job and a draft have in common."""
    return {
        "user_id": new.user_id,
        "guild_id": new.place.guild_id,
        "channel_id": new.place.channel_id,
        "message_id": new.place.message_id,
        "interaction_token": new.place.interaction_token,
        "request": asdict(new.parameters),
        "image_key": new.image_key,
        "mask_key": new.mask_key,
        "note": new.note,
        "parent_id": new.parent_id,
        "style_key": new.style_key,
        "style": new.style,
        "created_at": now(),
    }


async def know_guild(session: AsyncSession, guild_id: int) -> None:
    """Add a guild that is seen for the first time."""
    await add_once(session, GuildRow(id=guild_id, created_at=now(), settings={}))


async def know_member(session: AsyncSession, user_id: int) -> None:
    """Add a person who is seen for the first time."""
    await add_once(session, MemberRow(id=user_id, created_at=now(), preferences={}))


async def add_once(session: AsyncSession, row: Base) -> bool:
    """Add a row where none is in its place, even if another transaction adds it at the same moment; return whether."""
    insert: Any = _INSERTS[session.get_bind().dialect.name]
    values = {name: value for name, value in vars(row).items() if name in row.__table__.columns}
    result: Any = await session.execute(insert(type(row)).values(**values).on_conflict_do_nothing())
    return result.rowcount == 1
