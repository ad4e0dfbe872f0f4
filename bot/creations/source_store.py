"""The sources of jobs: the pictures of the gallery that a job is made from.

The direct sources of a job are stored in `job_sources` when it is accepted:

- its parent (`parent_id`), and other pictures of the gallery that the member gave (`source_ids`);
- pictures with the same file as the job's input picture or style picture;
- if the job repaints the canvas of a challenge, the picture that the canvas was made from; none if it was an upload;
- for a reroll, the pictures of the repeated job, and the direct sources of that job. Another member's upload is thus
  reached only through the pictures that were made from it.

Repainting a region and extending a picture keep the rest of its pixels unchanged. The sources of such a picture are
therefore sources of what is made from it too, recursively.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Text, cast, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.creations.models import Creation, PaintRequest
from bot.creations.store import creation_of
from bot.database.store import DatabaseStore
from bot.database.tables import ChallengeRow, CreationRow, JobRow, JobSourceRow, is_shown

NO_MARGINS = "[0, 0, 0, 0]"


class SourceStore(DatabaseStore):
    """Finds the pictures that jobs are made from; each method is one transaction."""

    async def sources(self, new: PaintRequest) -> tuple[Creation, ...]:
        """Return the sources of a job, without duplicates, by ascending id.

        Direct sources that were removed or are held are included, with `is_shown` False. Removed or held sources of
        sources are not: a picture outlives those that it was made from.
        """
        async with self._session() as session:
            direct = await direct_sources(session, new)
            rows = {row.id: row for row in (*await _kept_in(session, [row.id for row in direct]), *direct)}
        return tuple(creation_of(rows[number]) for number in sorted(rows))

    async def kept_in(self, creation_ids: Sequence[int]) -> set[int]:
        """Return the ids of the shown pictures whose pixels are partly kept in these pictures, and of these."""
        async with self._session() as session:
            return {row.id for row in await _kept_in(session, creation_ids)}

    async def by_file(self, guild_id: int, file_key: str, user_id: int) -> Creation | None:
        """Return the picture of a guild's gallery with this file, or None.

        If there are several, the member's own comes before others'. Held pictures are found, removed ones are not.
        """
        async with self._session() as session:
            row = await _picture_with_file(session, guild_id, file_key, user_id, CreationRow.deleted_at.is_(None))
        return creation_of(row) if row else None


async def direct_sources(session: AsyncSession, new: PaintRequest) -> list[CreationRow]:
    """Return the direct sources of a job, as defined in the module's docstring; removed and held ones are included."""
    canvases = await _canvases(session, new)
    named = [*new.source_ids, *filter(None, [new.parent_id, *canvases])]
    conditions: list[ColumnElement[bool]] = [CreationRow.id.in_(named)]
    if new.reroll_of is not None:
        sibling = aliased(CreationRow)
        others = select(sibling.id).where(sibling.job_id == new.reroll_of, is_shown(sibling))
        # The repeated job's removed and held pictures count only if it has no shown one.
        conditions.append((CreationRow.job_id == new.reroll_of) & or_(is_shown(), ~others.exists()))
        inherited = select(JobSourceRow.creation_id).where(JobSourceRow.job_id == new.reroll_of, JobSourceRow.is_direct)
        conditions.append(CreationRow.id.in_(inherited))
    query = select(CreationRow).where(CreationRow.guild_id == new.place.guild_id, or_(*conditions))
    found = list(await session.scalars(query))
    keys = {new.style_key} if canvases else {new.image_key, new.style_key}
    for key in keys - {"", *(row.file_key for row in found)}:
        row = await _picture_with_file(session, new.place.guild_id, key, new.user_id)
        found += [row] if row else []
    return found


async def sources_of(session: AsyncSession, direct: Sequence[CreationRow]) -> set[int]:
    """Return the ids of all direct and indirect sources of some pictures, without the pictures themselves."""
    jobs = [row.job_id for row in direct]
    found = await session.scalars(select(JobSourceRow.creation_id).where(JobSourceRow.job_id.in_(jobs)))
    return set(found).difference(row.id for row in direct)


async def _picture_with_file(
    session: AsyncSession, guild_id: int, file_key: str, user_id: int, *conditions: ColumnElement[bool]
) -> CreationRow | None:
    """Return the picture with a file that meets the conditions, or None.

    Of several, the member's own come first, then those not removed, those not held, and the oldest.
    """
    is_this = (CreationRow.guild_id == guild_id, CreationRow.file_key == file_key, *conditions)
    order = (
        CreationRow.user_id != user_id,
        CreationRow.deleted_at.is_not(None),
        CreationRow.held_at.is_not(None),
        CreationRow.id,
    )
    return await session.scalar(select(CreationRow).where(*is_this).order_by(*order).limit(1))


async def _canvases(session: AsyncSession, new: PaintRequest) -> Sequence[int | None]:
    """Return the `source_id` of each challenge whose canvas a job repaints; it is None if the canvas was an upload."""
    is_this = (ChallengeRow.image_key == new.image_key, ChallengeRow.mask_key == new.mask_key)
    query = select(ChallengeRow.source_id).where(ChallengeRow.guild_id == new.place.guild_id, *is_this)
    return list(await session.scalars(query.distinct())) if new.image_key else []


async def _kept_in(session: AsyncSession, creation_ids: Sequence[int]) -> Sequence[CreationRow]:
    """Return the shown pictures whose pixels are partly kept in these pictures, these included if they are shown."""
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
