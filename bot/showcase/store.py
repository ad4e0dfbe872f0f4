"""What stands in the servers' showcases. Methods are one transaction each."""

from sqlalchemy import delete, select, update

from bot.core.clock import now
from bot.database.store import DatabaseStore
from bot.database.tables import OUTDATED, ShowcaseRow
from bot.showcase.models import ShowcasePost


class ShowcaseStore(DatabaseStore):
    """The showcases' messages."""

    async def shown(self, job_id: int) -> ShowcasePost | None:
        """Return where a job stands in a showcase, or None where it doesn't."""
        async with self._session() as session:
            row = await session.get(ShowcaseRow, job_id)
            return ShowcasePost(row.job_id, row.channel_id, row.message_id, row.shown_score) if row else None

    async def outdated(self) -> list[int]:
        """Return the jobs whose showcases still show what was removed."""
        query = select(ShowcaseRow.job_id).where(
            ShowcaseRow.shown_score == OUTDATED, ShowcaseRow.message_id.is_not(None)
        )
        async with self._session() as session:
            return list(await session.scalars(query))

    async def forget(self, job_id: int) -> None:
        """Take note that a job stands in no showcase any longer."""
        async with self._session.begin() as session:
            await session.execute(delete(ShowcaseRow).where(ShowcaseRow.job_id == job_id))

    async def begin(self, job_id: int, channel_id: int) -> ShowcasePost:
        """Take note that a job is about to be shown in a channel, so that it is shown once."""
        async with self._session.begin() as session:
            row = ShowcaseRow(job_id=job_id, channel_id=channel_id, message_id=None, shown_score=0, created_at=now())
            session.add(row)
        return ShowcasePost(job_id, channel_id, None, 0)

    async def update(self, job_id: int, message_id: int, score: int) -> None:
        """Take note of the message that shows a job, and of the score in it."""
        async with self._session.begin() as session:
            statement = update(ShowcaseRow).where(ShowcaseRow.job_id == job_id)
            await session.execute(statement.values(message_id=message_id, shown_score=score))
