"""Creations. Methods take and return the frozen values of `bot.records`; each is one transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from bot.gallery.known import add_once, know_member, now
from bot.gallery.tables import CreationRow, FavouriteRow
from bot.records import Creation
from engine.messages import GenerationParameters

NEWEST = 25
Made = tuple[Creation, GenerationParameters]


class CreationStore:
    """The pictures of the galleries; what was removed is no longer found."""

    def __init__(self, database: AsyncEngine) -> None:
        self._session = async_sessionmaker(database, expire_on_commit=False)

    async def creation(self, guild_id: int, creation_id: int) -> Made | None:
        """Return a picture of a guild's gallery and what made it, or None where it has none of that id."""
        made = await self._made(CreationRow.guild_id == guild_id, CreationRow.id == creation_id)
        return made[0] if made else None

    async def creations_in(self, guild_id: int, message_id: int) -> list[Made]:
        """Return the pictures that a message of a guild shows, each with what made it."""
        return await self._made(CreationRow.guild_id == guild_id, CreationRow.message_id == message_id)

    async def creations_of(self, job_id: int) -> list[Creation]:
        """Return a job's pictures in the order of their seeds."""
        return [creation for creation, _ in await self._made(CreationRow.job_id == job_id)]

    async def made_since(self, guild_id: int, user_id: int, moment: datetime) -> list[Creation]:
        """Return a member's newest pictures in a guild that were made since a moment, the last one first."""
        query = select(CreationRow).where(
            CreationRow.guild_id == guild_id,
            CreationRow.user_id == user_id,
            CreationRow.created_at >= moment,
            CreationRow.deleted_at.is_(None),
        )
        async with self._session() as session:
            rows = await session.scalars(query.order_by(CreationRow.id.desc()).limit(NEWEST))
            return [creation_of(row) for row in rows]

    async def _made(self, *conditions: ColumnElement[bool]) -> list[Made]:
        query = select(CreationRow).where(*conditions, CreationRow.deleted_at.is_(None)).order_by(CreationRow.id)
        async with self._session() as session:
            return [(creation_of(row), GenerationParameters(**row.request)) for row in await session.scalars(query)]

    async def remove(self, creation_id: int) -> bool:
        """Take a picture out of the gallery; return False where it was out before."""
        statement = update(CreationRow).where(CreationRow.id == creation_id, CreationRow.deleted_at.is_(None))
        async with self._session.begin() as session:
            result: Any = await session.execute(statement.values(deleted_at=now()))
            return result.rowcount == 1

    async def toggle_favourite(self, user_id: int, creation_id: int) -> bool:
        """Make a picture a member's favourite, or no longer; return which."""
        is_this = (FavouriteRow.user_id == user_id, FavouriteRow.creation_id == creation_id)
        async with self._session.begin() as session:
            await know_member(session, user_id)
            result: Any = await session.execute(delete(FavouriteRow).where(*is_this))
            if result.rowcount:
                return False
            await add_once(session, FavouriteRow(user_id=user_id, creation_id=creation_id, created_at=now()))
            return True


def creation_of(row: CreationRow) -> Creation:
    """Return a row as a value."""
    return Creation(
        id=row.id,
        job_id=row.job_id,
        guild_id=row.guild_id,
        user_id=row.user_id,
        file_key=row.file_key,
        seed=row.seed,
        model=row.model,
        width=row.width,
        height=row.height,
        created_at=row.created_at,
        is_removed=row.deleted_at is not None,
        score=row.score,
        channel_id=row.channel_id,
        message_id=row.message_id,
        prompt=row.request["prompt"],
    )
