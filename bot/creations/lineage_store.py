"""What comes from what. Each method is one transaction."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.audience import Audience
from bot.core.clock import now
from bot.creations.models import Creation, Family, MemberStats
from bot.creations.origin_store import visible
from bot.creations.store import creation_of
from bot.database.store import DatabaseStore
from bot.database.tables import CreationRow, FavouriteRow, JobRow

ANCESTORS, CHILDREN = 6, 8
# The walk ends after as many generations, even where few of them may be seen.
GENERATIONS = 24
DAY = timedelta(days=1)


class LineageStore(DatabaseStore):
    """The families of pictures."""

    async def family(self, creation: Creation, audience: Audience) -> Family:
        """Return whom a picture descends from, the nearest few, and what descends from it, the first few.

        Relatives that the audience may not see are left out.
        """
        async with self._session() as session:
            seen = await visible(session, creation.guild_id, audience)
            ancestors: list[Creation] = []
            youngest: Creation | None = creation
            for _ in range(GENERATIONS):
                youngest = await _parent(session, youngest)
                if not youngest or len(ancestors) == ANCESTORS:
                    break
                if await _is_known(session, youngest, seen):
                    ancestors.append(youngest)
            query = _children(creation.id, seen)
            count = await session.scalar(select(func.count()).select_from(query.subquery())) or 0
            rows = await session.scalars(query.order_by(CreationRow.id).limit(CHILDREN))
            children = tuple(creation_of(row) for row in rows)
        return Family(tuple(reversed(ancestors)), creation, children, count - len(children))

    async def use(self, guild_id: int, user_id: int, audience: Audience) -> MemberStats:
        """Return what a member has done in a guild, as far as their audience may see it."""
        async with self._session() as session:
            seen = await visible(session, guild_id, audience)
        own = (CreationRow.guild_id == guild_id, CreationRow.user_id == user_id, seen)
        liked = select(FavouriteRow).join(CreationRow, CreationRow.id == FavouriteRow.creation_id)
        alive = (CreationRow.guild_id == guild_id, seen)
        theirs = select(CreationRow.id).where(CreationRow.guild_id == guild_id, CreationRow.user_id == user_id)
        descendants = select(CreationRow).join(JobRow, JobRow.id == CreationRow.job_id)
        others = CreationRow.user_id != user_id
        queries: tuple[Select[Any], ...] = (
            select(CreationRow).where(*own),
            select(CreationRow).where(*own, CreationRow.created_at > now() - DAY),
            liked.where(*alive, FavouriteRow.user_id == user_id),
            liked.where(*own, FavouriteRow.user_id != user_id),
            # All in the same guild as what they go on from; to ask for it would have the whole gallery read.
            descendants.where(seen, JobRow.parent_id.in_(theirs), others),
        )
        async with self._session() as session:
            counts = [await session.scalar(select(func.count()).select_from(each.subquery())) for each in queries]
        return MemberStats(*(count or 0 for count in counts))


async def _parent(session: AsyncSession, creation: Creation) -> Creation | None:
    query = select(CreationRow).join(JobRow, JobRow.parent_id == CreationRow.id).where(JobRow.id == creation.job_id)
    row = await session.scalar(query)
    return creation_of(row) if row else None


async def _is_known(session: AsyncSession, creation: Creation, seen: ColumnElement[bool]) -> bool:
    """Return whether an ancestor may be named: one that was removed is, as a blank; one that is held back isn't."""
    may_be_named = CreationRow.deleted_at.is_not(None) | seen
    return await session.scalar(select(CreationRow.id).where(CreationRow.id == creation.id, may_be_named)) is not None


def _children(creation_id: int, seen: ColumnElement[bool]) -> Select[CreationRow]:
    query = select(CreationRow).join(JobRow, JobRow.id == CreationRow.job_id)
    return query.where(JobRow.parent_id == creation_id, seen)
