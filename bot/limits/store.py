"""Counts of requested pictures, computed from the `jobs` table, so that they survive restarts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from bot.database.states import UNFINISHED, JobStatus
from bot.database.store import DatabaseStore
from bot.database.tables import JobRow

# Failed and cancelled jobs do not count.
COUNTED_STATES = (*UNFINISHED, JobStatus.SUCCEEDED)
PICTURES = func.sum(JobRow.request["num_images"].as_integer())


class UsageStore(DatabaseStore):
    """Counts the pictures of queued, running and succeeded jobs."""

    async def pictures(self, guild_id: int, since: datetime, user_id: int | None = None) -> int:
        """Return the number of pictures requested in a guild since a time, by one member or by all."""
        query = _counted(select(PICTURES), guild_id, JobRow.created_at >= since)
        if user_id is not None:
            query = query.where(JobRow.user_id == user_id)
        async with self._session() as session:
            return await session.scalar(query) or 0

    async def most(self, guild_id: int, since: datetime, count: int) -> list[tuple[int, int]]:
        """Return the `count` members with the most pictures since a time as pairs of id and number, most first."""
        query = _counted(select(JobRow.user_id, PICTURES), guild_id, JobRow.created_at >= since)
        async with self._session() as session:
            rows: Any = await session.execute(query.group_by(JobRow.user_id).order_by(PICTURES.desc()).limit(count))
            return [(user_id, pictures) for user_id, pictures in rows]

    async def newest(self, guild_id: int, user_id: int) -> datetime | None:
        """Return the time of a member's last counted job in a guild, or None."""
        query = _counted(select(JobRow.created_at), guild_id, JobRow.user_id == user_id)
        async with self._session() as session:
            return await session.scalar(query.order_by(JobRow.created_at.desc()).limit(1))


def _counted(query: Any, guild_id: int, *conditions: ColumnElement[bool]) -> Any:
    return query.where(JobRow.guild_id == guild_id, JobRow.status.in_(COUNTED_STATES), *conditions)
