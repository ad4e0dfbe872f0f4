"""Storage of jobs. Methods take and return the values of `bot.jobs.models`; each method is one transaction."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, String, delete, func, or_, select, tuple_, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.core.clock import now
from bot.core.safety_levels import Handling
from bot.creations.holds import hold_case
from bot.creations.models import Kind, NewCreation
from bot.creations.origin_store import joined_origin
from bot.creations.search_index import index_words
from bot.creations.source_store import direct_sources, sources_of
from bot.database.named_columns import NOBODY
from bot.database.states import UNFINISHED, JobStatus
from bot.database.store import DatabaseStore
from bot.database.tables import CreationRow, DraftRow, JobRow, JobSourceRow
from bot.database.upserts import ensure_guild, ensure_member
from bot.jobs.columns import request_columns, request_fields
from bot.jobs.models import Job, NewJob

log = logging.getLogger(__name__)

# Number of recent jobs averaged for the estimate of a job's duration.
RECENT = 20
# A worker that hasn't renewed a lease for this long is considered dead.
LEASE = timedelta(seconds=10)


class DraftGoneError(Exception):
    """The draft no longer exists: it was submitted or discarded before."""


class JobStore(DatabaseStore):
    """Accepted jobs and how they ended.

    `holder` names this installation; several can share a database. A running job can only be changed by the worker
    that holds its lease: `Job.lease` has to equal the row's. A worker that lost its lease cannot finish the job.
    """

    def __init__(self, database: AsyncEngine, holder: str = "") -> None:
        super().__init__(database)
        self._holder = holder
        self._unreadable: set[int] = set()

    async def add_job(self, new: NewJob, draft_id: int | None = None) -> Job:
        """Store a job as QUEUED, with its origin and its sources; the row is on disk on return.

        A job without a style gets that of its parent. The draft `draft_id` is deleted in the same transaction. Raises
        DraftGoneError if it is gone already.
        """
        row = JobRow(**request_columns(new), margins=list(new.margins), status=JobStatus.QUEUED, attempts=0, reason="")
        async with self._session.begin() as session:
            await ensure_guild(session, new.place.guild_id)
            await ensure_member(session, new.user_id)
            if draft_id is not None:
                result: Any = await session.execute(delete(DraftRow).where(DraftRow.id == draft_id))
                if not result.rowcount:
                    raise DraftGoneError
            if new.parent_id and not new.style:
                parents = select(CreationRow.style).where(CreationRow.id == new.parent_id)
                row.style = await session.scalar(parents) or ""
            sources = await direct_sources(session, new)
            row.origin_id = await joined_origin(session, new.place, sources)
            session.add(row)
            await session.flush()
            session.add_all(JobSourceRow(job_id=row.id, creation_id=each.id, is_direct=True) for each in sources)
            indirect = await sources_of(session, sources)
            session.add_all(JobSourceRow(job_id=row.id, creation_id=each, is_direct=False) for each in indirect)
        return _job(row)

    async def job(self, job_id: int) -> Job | None:
        """Return the job with this id, or None if there is none."""
        async with self._session() as session:
            row = await session.get(JobRow, job_id)
            return _job(row) if row else None

    async def jobs(self, *statuses: JobStatus) -> list[Job]:
        """Return the jobs in one of these states, oldest first; rows that can't be read are logged and skipped."""
        return await self._select_jobs(JobRow.status.in_(statuses))

    async def undelivered_jobs(self) -> list[Job]:
        """Return the jobs that have ended and whose end has not been shown, oldest first."""
        return await self._select_jobs(JobRow.status.not_in(UNFINISHED), JobRow.delivered_at.is_(None))

    async def _select_jobs(self, *conditions: ColumnElement[bool]) -> list[Job]:
        query = select(JobRow).where(*conditions).order_by(JobRow.id)
        async with self._session() as session:
            try:
                rows = list(await session.scalars(query))
            except LookupError:
                # SQLAlchemy raises it for a status that this version doesn't know, before it returns any row.
                is_known = type_coerce(JobRow.status, String).in_(list(JobStatus))
                for job_id in await session.scalars(query.with_only_columns(JobRow.id).where(~is_known)):
                    self._log_unreadable(job_id)
                rows = list(await session.scalars(query.where(is_known)))
        return [job for row in rows if (job := self._readable(row))]

    def _readable(self, row: JobRow) -> Job | None:
        """Return a row as a Job, or None if it can't be read, so that it doesn't block the other jobs; log it once."""
        try:
            return _job(row)
        except (TypeError, ValueError, LookupError):
            self._log_unreadable(row.id)
            return None

    def _log_unreadable(self, job_id: int) -> None:
        if job_id not in self._unreadable:
            self._unreadable.add(job_id)
            log.exception("job %s can't be read; it stays as it is", job_id)

    async def unfinished_jobs(self, user_id: int) -> list[Job]:
        """Return a member's QUEUED and RUNNING jobs, oldest first."""
        return await self._select_jobs(JobRow.user_id == user_id, JobRow.status.in_(UNFINISHED))

    async def run_seconds(self) -> float:
        """Return the average seconds from start to end of the last 20 succeeded jobs, or 0 if there are none."""
        query = select(JobRow.started_at, JobRow.finished_at).where(JobRow.status == JobStatus.SUCCEEDED)
        async with self._session() as session:
            rows = (await session.execute(query.order_by(JobRow.id.desc()).limit(RECENT))).all()
        spans = [(end - start).total_seconds() for start, end in rows if start and end]
        return sum(spans) / len(spans) if spans else 0.0

    async def start_job(self, job_id: int) -> Job | None:
        """Move a job from QUEUED to RUNNING and return it with its new lease, or None if it is not QUEUED."""
        moment = now()
        statement = (
            update(JobRow)
            .where(JobRow.id == job_id, JobRow.status == JobStatus.QUEUED)
            .values(
                status=JobStatus.RUNNING,
                started_at=moment,
                lease=JobRow.lease + 1,
                holder=self._holder,
                lease_until=moment + LEASE,
            )
        )
        async with self._session.begin() as session:
            row = await session.scalar(statement.returning(JobRow))
            return _job(row) if row else None

    async def renew_leases(self, jobs: Collection[Job]) -> None:
        """Extend the leases of running jobs by ten seconds from now; skip the jobs whose lease was lost."""
        held = tuple_(JobRow.id, JobRow.lease).in_([(job.id, job.lease) for job in jobs])
        statement = update(JobRow).where(JobRow.status == JobStatus.RUNNING, held)
        async with self._session.begin() as session:
            await session.execute(statement.values(lease_until=now() + LEASE))

    async def lost_jobs(self, *, own: bool) -> list[Job]:
        """Return the RUNNING jobs whose lease has expired, and with `own` also all that this installation started."""
        lost = or_(JobRow.lease_until.is_(None), JobRow.lease_until < now())
        if own:
            lost = or_(lost, JobRow.holder == self._holder)
        return await self._select_jobs(JobRow.status == JobStatus.RUNNING, lost)

    async def requeue_job(self, job: Job, *, attempts: int) -> bool:
        """Move a job from RUNNING back to QUEUED, because its work was lost; return False if its lease was lost."""
        return await self._move(job, JobStatus.RUNNING, JobStatus.QUEUED, attempts=attempts)

    async def fail_job(self, job: Job, reason: str) -> bool:
        """Move a job from RUNNING to FAILED; `reason` is a sentence for the member. Return False if nothing changed."""
        return await self._move(job, JobStatus.RUNNING, JobStatus.FAILED, reason=reason, finished_at=now())

    async def cancel_job(self, job: Job, status: JobStatus) -> bool:
        """Move a job from `status`, QUEUED or RUNNING, to CANCELLED; return False if it is in another state."""
        return await self._move(job, status, JobStatus.CANCELLED, finished_at=now())

    async def _move(
        self,
        job: Job,
        before: JobStatus,
        after: JobStatus,
        creations: Sequence[CreationRow] = (),
        copies: Sequence[int] = (),
        **values: Any,
    ) -> bool:
        """Change a job's state if state and lease are still those given, so that one of two concurrent changes wins.

        Add its creations in the same transaction, with a case for each that is held; `copies` has one number per
        creation, as in `hold_case`. Return whether the job was changed.
        """
        statement = update(JobRow).where(JobRow.id == job.id, JobRow.status == before, JobRow.lease == job.lease)
        async with self._session.begin() as session:
            result: Any = await session.execute(statement.values(status=after, **values))
            if result.rowcount != 1:
                return False
            if creations:
                # Read again, because an archived thread may have replaced it since the job was read.
                origin_id = await session.scalar(select(JobRow.origin_id).where(JobRow.id == job.id))
                for creation in creations:
                    creation.origin_id = origin_id
                session.add_all(creations)
                await index_words(session, creations)
                held = zip(creations, copies, strict=True)
                session.add_all(hold_case(row, copy) for row, copy in held if row.held_at)
            return True

    async def finish_job(self, job: Job, creations: list[NewCreation]) -> bool:
        """Move a job from RUNNING to SUCCEEDED and add its creations.

        Return False, with nothing changed, if the job is not RUNNING or its lease was lost.
        """
        moment = now()
        rows = [
            CreationRow(
                job_id=job.id,
                guild_id=job.place.guild_id,
                channel_id=job.place.channel_id,
                message_id=job.place.message_id,
                user_id=job.user_id,
                kind=_kind(job),
                style=job.style or None,
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
        copies = [each.copy_of for each in creations]
        return await self._move(job, JobStatus.RUNNING, JobStatus.SUCCEEDED, rows, copies, finished_at=moment)

    async def pictures_left(self, job_id: int) -> int:
        """Return the number of a job's pictures that were not removed, held ones included."""
        async with self._session() as session:
            return await session.scalar(select(_pictures_left(job_id))) or 0

    async def has_lost(self, job_id: int) -> bool:
        """Return whether a picture of a job was removed, or the data of its member was deleted."""
        is_removed = select(CreationRow.id).where(CreationRow.job_id == job_id, CreationRow.deleted_at.is_not(None))
        query = select(JobRow.id).where(JobRow.id == job_id, or_(JobRow.user_id == NOBODY, is_removed.exists()))
        async with self._session() as session:
            return await session.scalar(query) is not None

    async def mark_delivered(self, job_id: int, shown: tuple[int, int] | None = None) -> None:
        """Record that a job's end was shown.

        `shown` is the user id and the number of pictures that were shown. If the row has others by now, nothing is
        recorded, because the message still shows something that has been removed meanwhile.
        """
        statement = update(JobRow).where(JobRow.id == job_id)
        if shown:
            user_id, pictures = shown
            statement = statement.where(JobRow.user_id == user_id, _pictures_left(job_id) == pictures)
        async with self._session.begin() as session:
            await session.execute(statement.values(delivered_at=now()))

    async def mark_undelivered(self, job_id: int) -> None:
        """Record that a job's end has to be shown again."""
        async with self._session.begin() as session:
            await session.execute(update(JobRow).where(JobRow.id == job_id).values(delivered_at=None))


def _pictures_left(job_id: int) -> ScalarSelect[int]:
    query = select(func.count()).where(CreationRow.job_id == job_id, CreationRow.deleted_at.is_(None))
    return query.scalar_subquery()


def _kind(job: Job) -> Kind:
    if not job.image_key:
        return Kind.IMAGINED
    return Kind.REPAINTED if job.mask_key else Kind.REMIXED


def _job(row: JobRow) -> Job:
    return Job(
        id=row.id,
        status=row.status,
        attempts=row.attempts,
        reason=row.reason,
        created_at=row.created_at,
        delivered=row.delivered_at is not None,
        margins=(row.margins[0], row.margins[1], row.margins[2], row.margins[3]),
        lease=row.lease,
        origin_id=row.origin_id or 0,
        **request_fields(row),
    )
