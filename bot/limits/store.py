"""How much was asked for, counted from the jobs themselves, so that no restart forgets it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from bot.database.states import UNFINISHED, JobStatus
from bot.database.store import DatabaseStore
from bot.database.tables import JobRow

# What failed or was cancelled costs nothing.
COUNTED = (*UNFINISHED, JobStatus.SUCCEEDED)
PICTURES = func.sum(JobRow.request["num_images"].as_integer())


class UsageStore(DatabaseStore):
    """What a server's members have had, in pictures that are painted or will be."""

    async def pictures(self, guild_id: int, since: datetime, user_id: int | None = None) -> int:
        """Return how many pictures a member, or everybody, has asked for in a guild since then."""
        query = _counted(select(PICTURES), guild_id, JobRow.created_at >= since)
        if user_id is not None:
            query = query.where(JobRow.user_id == user_id)
        async with self._session() as session:
            return await session.scalar(query) or 0

    async def most(self, guild_id: int, since: datetime, count: int) -> list[tuple[int, int]]:
        """Return who asked for most pictures since then, with how many each, the first of all in front."""
        query = _counted(select(JobRow.user_id, PICTURES), guild_id, JobRow.created_at >= since)
        async with self._session() as session:
            rows: Any = await session.execute(query.group_by(JobRow.user_id).order_by(PICTURES.desc()).limit(count))
            return [(user_id, pictures) for user_id, pictures in rows]

    async def newest(self, guild_id: int, user_id: int) -> datetime | None:
        """Return when a member asked last, or None."""
        query = _counted(select(JobRow.created_at), guild_id, JobRow.user_id == user_id)
        async with self._session() as session:
            return await session.scalar(query.order_by(JobRow.created_at.desc()).limit(1))


def _counted(query: Any, guild_id: int, *conditions: ColumnElement[bool]) -> Any:
    return query.where(JobRow.guild_id == guild_id, JobRow.status.in_(COUNTED), *conditions)
