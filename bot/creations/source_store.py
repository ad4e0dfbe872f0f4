"""The pictures of a gallery that a job is made from.

A job keeps its direct sources in `job_sources` when it is accepted:

- the picture that it goes on from (`parent_id`), and other pictures that a member gave (`source_ids`);
- pictures whose file is the job's picture or style picture;
- where the job repaints the canvas of a challenge, the picture that its host gave: none where that was an upload;
- for a reroll, the pictures of the job that is done again, and the direct sources of that job. So somebody else's
  upload is reached only through the pictures that were made from it.

Repainting a region and widening a picture keep the rest of it to the byte. The sources of such a picture are therefore
sources of what is made from it; so on to the first of all.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Text, cast, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.creations.models import Creation
from bot.creations.store import creation_of
from bot.database.store import DatabaseStore
from bot.database.tables import ChallengeRow, CreationRow, JobRow, JobSourceRow, is_shown
from bot.jobs.models import NewJob

NO_MARGINS = "[0, 0, 0, 0]"


class SourceStore(DatabaseStore):
    """Finds the pictures that new jobs are made from."""

    async def sources(self, new: NewJob) -> tuple[Creation, ...]:
        """Return every picture of the gallery that a job is made from, each once, in the order of their ids.

        Direct sources that were removed or are held back are among them, with `is_shown` false; sources of sources are
        not: a picture outlives those that it was made from.
        """
        async with self._session() as session:
            direct = await direct_sources(session, new)
            rows = {row.id: row for row in (*await _kept_in(session, [row.id for row in direct]), *direct)}
        return tuple(creation_of(rows[number]) for number in sorted(rows))

    async def kept_in(self, creation_ids: Sequence[int]) -> set[int]:
        """Return the ids of the shown pictures of which parts are in these, to the byte; these are among them."""
        async with self._session() as session:
            return {row.id for row in await _kept_in(session, creation_ids)}

    async def by_file(self, guild_id: int, file_key: str, user_id: int) -> Creation | None:
        """Return the picture of a guild's gallery that is this file, a member's own before others', or None.

        One that is held back is found too; what was removed is no picture of the gallery any longer.
        """
        async with self._session() as session:
            row = await _made_as(session, guild_id, file_key, user_id, CreationRow.deleted_at.is_(None))
        return creation_of(row) if row else None


async def direct_sources(session: AsyncSession, new: NewJob) -> list[CreationRow]:
    """Return the pictures that a job is made from itself, as the module says.

    Rows of pictures that were removed, or are held back, are among them.
    """
    canvases = await _canvases(session, new)
    named = [*new.source_ids, *filter(None, [new.parent_id, *canvases])]
    conditions: list[ColumnElement[bool]] = [CreationRow.id.in_(named)]
    if new.reroll_of is not None:
        sibling = aliased(CreationRow)
        others = select(sibling.id).where(sibling.job_id == new.reroll_of, is_shown(sibling))
        # What was removed counts only where nothing else is left of the job.
        conditions.append((CreationRow.job_id == new.reroll_of) & or_(is_shown(), ~others.exists()))
        kept = select(JobSourceRow.creation_id).where(JobSourceRow.job_id == new.reroll_of, JobSourceRow.is_direct)
        conditions.append(CreationRow.id.in_(kept))
    query = select(CreationRow).where(CreationRow.guild_id == new.place.guild_id, or_(*conditions))
    found = list(await session.scalars(query))
    keys = {new.style_key} if canvases else {new.image_key, new.style_key}
    for key in keys - {"", *(row.file_key for row in found)}:
        row = await _made_as(session, new.place.guild_id, key, new.user_id)
        found += [row] if row else []
    return found


async def sources_of(session: AsyncSession, direct: Sequence[CreationRow]) -> set[int]:
    """Return the ids of all pictures that some pictures were made from, up to the first of all, without these."""
    jobs = [row.job_id for row in direct]
    found = await session.scalars(select(JobSourceRow.creation_id).where(JobSourceRow.job_id.in_(jobs)))
    return set(found).difference(row.id for row in direct)


async def _made_as(
    session: AsyncSession, guild_id: int, file_key: str, user_id: int, *conditions: ColumnElement[bool]
) -> CreationRow | None:
    """Return the picture that is a file; of several that are the same, the member's own, or else the first."""
    is_this = (CreationRow.guild_id == guild_id, CreationRow.file_key == file_key, *conditions)
    order = (
        CreationRow.user_id != user_id,
        CreationRow.deleted_at.is_not(None),
        CreationRow.held_at.is_not(None),
        CreationRow.id,
    )
    return await session.scalar(select(CreationRow).where(*is_this).order_by(*order).limit(1))


async def _canvases(session: AsyncSession, new: NewJob) -> Sequence[int | None]:
    """Return the `source_id` of each challenge whose picture and region a job repaints."""
    is_this = (ChallengeRow.image_key == new.image_key, ChallengeRow.mask_key == new.mask_key)
    query = select(ChallengeRow.source_id).where(ChallengeRow.guild_id == new.place.guild_id, *is_this)
    return list(await session.scalars(query.distinct())) if new.image_key else []


async def _kept_in(session: AsyncSession, creation_ids: Sequence[int]) -> Sequence[CreationRow]:
    """Return the shown pictures of which parts are in these, to the byte."""
    start = select(CreationRow.id).where(CreationRow.id.in_(creation_ids))
    found = start.cte("found", recursive=True)
    keeps_the_rest = (JobRow.mask_key != "") | (cast(JobRow.margins, Text) != NO_MARGINS)
    before = (
        select(JobSourceRow.creation_id)
        .join(JobRow, (JobRow.id == JobSourceRow.job_id) & JobSourceRow.is_direct)
        .join(CreationRow, CreationRow.job_id == JobRow.id)
        .join(found, found.c.id == CreationRow.id)
        .where(keeps_the_rest)
    )
    found = found.union(before)
    query = select(CreationRow).where(CreationRow.id.in_(select(found.c.id)), is_shown())
    return list(await session.scalars(query))
