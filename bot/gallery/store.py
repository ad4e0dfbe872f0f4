"""Jobs. Methods take and return the frozen values of `bot.records`; each is one transaction."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Update, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from bot.gallery.cases import hold_case
from bot.gallery.known import asked_columns, know_guild, know_member, now
from bot.gallery.tables import CreationRow, JobRow
from bot.gallery.words import index_words
from bot.records import UNFINISHED, Job, JobStatus, NewCreation, NewJob, Place
from bot.safety import Handling
from engine.messages import GenerationParameters

# As many jobs tell how long one takes.
RECENT = 20


class Store:
    """Work that was accepted, and how it ended."""

    def __init__(self, database: AsyncEngine) -> None:
        self._session = async_sessionmaker(database, expire_on_commit=False)

    async def add_job(self, new: NewJob) -> Job:
        """Accept a job: QUEUED, and on disk when this returns."""
        row = JobRow(**asked_columns(new), margins=list(new.margins), status=JobStatus.QUEUED, attempts=0, reason="")
        async with self._session.begin() as session:
            await know_guild(session, new.place.guild_id)
            await know_member(session, new.user_id)
            session.add(row)
        return _job(row)

    async def job(self, job_id: int) -> Job | None:
        """Return a job, or None where there is none of that id."""
        async with self._session() as session:
            row = await session.get(JobRow, job_id)
            return _job(row) if row else None

    async def jobs(self, *statuses: JobStatus) -> list[Job]:
        """Return the jobs in these states, oldest first."""
        return await self._select_jobs(JobRow.status.in_(statuses))

    async def undelivered_jobs(self) -> list[Job]:
        """Return the jobs that have ended and whose end was not shown yet, oldest first."""
        return await self._select_jobs(JobRow.status.not_in(UNFINISHED), JobRow.delivered_at.is_(None))

    async def _select_jobs(self, *conditions: ColumnElement[bool]) -> list[Job]:
        async with self._session() as session:
            rows = await session.scalars(select(JobRow).where(*conditions).order_by(JobRow.id))
            return [_job(row) for row in rows]

    async def unfinished_jobs(self, user_id: int) -> list[Job]:
        """Return the jobs of a member that wait or run, oldest first."""
        return await self._select_jobs(JobRow.user_id == user_id, JobRow.status.in_(UNFINISHED))

    async def run_seconds(self) -> float:
        """Return how long one of the last jobs was painted on average, or 0 where there was none yet."""
        query = select(JobRow.started_at, JobRow.finished_at).where(JobRow.status == JobStatus.SUCCEEDED)
        async with self._session() as session:
            rows = (await session.execute(query.order_by(JobRow.id.desc()).limit(RECENT))).all()
        spans = [(end - start).total_seconds() for start, end in rows if start and end]
        return sum(spans) / len(spans) if spans else 0.0

    async def start_job(self, job_id: int) -> bool:
        """Take a job from QUEUED to RUNNING; return False where it is no longer QUEUED."""
        return await self._move(job_id, JobStatus.QUEUED, status=JobStatus.RUNNING, started_at=now())

    async def requeue_job(self, job_id: int, *, attempts: int) -> bool:
        """Take a job from RUNNING back to QUEUED: its work was lost and is to be done again."""
        return await self._move(job_id, JobStatus.RUNNING, status=JobStatus.QUEUED, attempts=attempts)

    async def fail_job(self, job_id: int, reason: str) -> bool:
        """Take a job from RUNNING to FAILED, with a sentence for the member."""
        return await self._end(job_id, JobStatus.RUNNING, JobStatus.FAILED, reason=reason)

    async def cancel_job(self, job_id: int, status: JobStatus) -> bool:
        """Take a job from `status` (QUEUED or RUNNING) to CANCELLED; return False where it isn't there any more."""
        return await self._end(job_id, status, JobStatus.CANCELLED)

    async def _end(self, job_id: int, before: JobStatus, after: JobStatus, **values: Any) -> bool:
        return await self._move(job_id, before, status=after, finished_at=now(), **values)

    async def _move(self, job_id: int, before: JobStatus, **values: Any) -> bool:
        """Change a job only from the state `before`, so that of two changes at once one wins."""
        async with self._session.begin() as session:
            result: Any = await session.execute(_from_status(job_id, before).values(**values))
            return result.rowcount == 1

    async def finish_job(self, job: Job, creations: list[NewCreation]) -> bool:
        """Take a job from RUNNING to SUCCEEDED together with its creations; change nothing where it isn't RUNNING."""
        moment = now()
        rows = [
            CreationRow(
                job_id=job.id,
                guild_id=job.place.guild_id,
                channel_id=job.place.channel_id,
                message_id=job.place.message_id,
                user_id=job.user_id,
                request=asdict(job.parameters),
                created_at=moment,
                file_key=creation.file_key,
                seed=creation.seed,
                model=creation.model,
                width=creation.width,
                height=creation.height,
                safety=creation.safety,
                held_at=moment if creation.handling is Handling.HOLD else None,
                is_spoiler=creation.handling is Handling.SPOILER,
            )
            for creation in creations
        ]
        statement = _from_status(job.id, JobStatus.RUNNING)
        async with self._session.begin() as session:
            result: Any = await session.execute(statement.values(status=JobStatus.SUCCEEDED, finished_at=moment))
            if result.rowcount == 1:
                session.add_all(rows)
                await index_words(session, rows)
                session.add_all(hold_case(row) for row in rows if row.held_at)
            return result.rowcount == 1

    async def mark_delivered(self, job_id: int) -> None:
        """Record that the job's end was shown."""
        async with self._session.begin() as session:
            await session.execute(update(JobRow).where(JobRow.id == job_id).values(delivered_at=now()))


def _from_status(job_id: int, status: JobStatus) -> Update:
    return update(JobRow).where(JobRow.id == job_id, JobRow.status == status)


def _job(row: JobRow) -> Job:
    return Job(
        id=row.id,
        user_id=row.user_id,
        place=Place(row.guild_id, row.channel_id, row.message_id, row.interaction_token),
        parameters=GenerationParameters(**row.request),
        image_key=row.image_key,
        mask_key=row.mask_key,
        note=row.note,
        status=JobStatus(row.status),
        attempts=row.attempts,
        reason=row.reason,
        created_at=row.created_at,
        delivered=row.delivered_at is not None,
        margins=(row.margins[0], row.margins[1], row.margins[2], row.margins[3]),
        parent_id=row.parent_id,
        style_key=row.style_key,
    )
