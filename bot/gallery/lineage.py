"""What comes from what. Each method is one transaction."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from bot.gallery.creations import creation_of
from bot.gallery.known import now
from bot.gallery.tables import CreationRow, FavouriteRow, JobRow, is_shown
from bot.records import Creation, Family, Use

ANCESTORS, CHILDREN = 6, 8
DAY = timedelta(days=1)


class LineageStore:
    """The families of pictures."""

    def __init__(self, database: AsyncEngine) -> None:
        self._session = async_sessionmaker(database, expire_on_commit=False)

    async def family(self, creation: Creation) -> Family:
        """Return whom a picture descends from, the nearest few, and what descends from it, the first few."""
        async with self._session() as session:
            ancestors: list[Creation] = []
            while len(ancestors) < ANCESTORS and (parent := await _parent(session, [creation, *ancestors][-1])):
                ancestors.append(parent)
            query = _children(creation.id)
            count = await session.scalar(select(func.count()).select_from(query.subquery())) or 0
            rows = await session.scalars(query.order_by(CreationRow.id).limit(CHILDREN))
            children = tuple(creation_of(row) for row in rows)
        return Family(tuple(reversed(ancestors)), creation, children, count - len(children))

    async def use(self, guild_id: int, user_id: int) -> Use:
        """Return what a member has done in a guild."""
        own = (CreationRow.guild_id == guild_id, CreationRow.user_id == user_id, is_shown())
        liked = select(FavouriteRow).join(CreationRow, CreationRow.id == FavouriteRow.creation_id)
        alive = (CreationRow.guild_id == guild_id, is_shown())
        theirs = select(CreationRow.id).where(CreationRow.guild_id == guild_id, CreationRow.user_id == user_id)
        descendants = select(CreationRow).join(JobRow, JobRow.id == CreationRow.job_id)
        others = CreationRow.user_id != user_id
        queries: tuple[Select[Any], ...] = (
            select(CreationRow).where(*own),
            select(CreationRow).where(*own, CreationRow.created_at > now() - DAY),
            liked.where(*alive, FavouriteRow.user_id == user_id),
            liked.where(*own, FavouriteRow.user_id != user_id),
            # All in the same guild as what they go on from; to ask for it would have the whole gallery read.
            descendants.where(is_shown(), JobRow.parent_id.in_(theirs), others),
        )
        async with self._session() as session:
            counts = [await session.scalar(select(func.count()).select_from(each.subquery())) for each in queries]
        return Use(*(count or 0 for count in counts))


async def _parent(session: AsyncSession, creation: Creation) -> Creation | None:
    query = select(CreationRow).join(JobRow, JobRow.parent_id == CreationRow.id).where(JobRow.id == creation.job_id)
    row = await session.scalar(query)
    return creation_of(row) if row else None


def _children(creation_id: int) -> Select[CreationRow]:
    query = select(CreationRow).join(JobRow, JobRow.id == CreationRow.job_id)
    return query.where(JobRow.parent_id == creation_id, is_shown())
