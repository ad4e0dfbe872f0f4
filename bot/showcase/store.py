"""Database access for posts in the showcases. Each method is one transaction."""

from sqlalchemy import delete, select, update

from bot.core.clock import now
from bot.database.store import DatabaseStore
from bot.database.tables import OUTDATED, ShowcaseRow
from bot.showcase.models import ShowcasePost


class ShowcaseStore(DatabaseStore):
    """Stores the showcase posts of all guilds, at most one for a job."""

    async def shown(self, job_id: int) -> ShowcasePost | None:
        """Return the showcase post of a job, or None if it has none."""
        async with self._session() as session:
            row = await session.get(ShowcaseRow, job_id)
            return ShowcasePost(row.job_id, row.channel_id, row.message_id, row.shown_score) if row else None

    async def outdated(self) -> list[int]:
        """Return the ids of jobs whose posts still show removed pictures."""
        query = select(ShowcaseRow.job_id).where(
            ShowcaseRow.shown_score == OUTDATED, ShowcaseRow.message_id.is_not(None)
        )
        async with self._session() as session:
            return list(await session.scalars(query))

    async def forget(self, job_id: int) -> None:
        """Delete the row of a job's post after the message was deleted."""
        async with self._session.begin() as session:
            await session.execute(delete(ShowcaseRow).where(ShowcaseRow.job_id == job_id))

    async def begin(self, job_id: int, channel_id: int) -> ShowcasePost:
        """Insert the post of a job before its message is sent, so that the job is posted only once."""
        async with self._session.begin() as session:
            row = ShowcaseRow(job_id=job_id, channel_id=channel_id, message_id=None, shown_score=0, created_at=now())
            session.add(row)
        return ShowcasePost(job_id, channel_id, None, 0)

    async def update(self, job_id: int, message_id: int, score: int) -> None:
        """Store the message id of a job's post and the score that it shows."""
        async with self._session.begin() as session:
            statement = update(ShowcaseRow).where(ShowcaseRow.job_id == job_id)
            await session.execute(statement.values(message_id=message_id, shown_score=score))
