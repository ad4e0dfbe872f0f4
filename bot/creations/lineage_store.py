"""Queries of the family tree of pictures, and of a member's statistics."""

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

# Largest numbers of ancestors and children in a Family.
ANCESTORS, CHILDREN = 6, 8
# Limit of the walk up the ancestors, because those that the audience may not see don't count as ANCESTORS.
GENERATIONS = 24
DAY = timedelta(days=1)


class LineageStore(DatabaseStore):
    """Reads the ancestors and children of pictures."""

    async def family(self, creation: Creation, audience: Audience) -> Family:
        """Return up to six nearest ancestors of a picture and its first eight children, with the number of the rest.

        Relatives that the audience may not see are left out, except removed ancestors; see `_may_be_named`.
        """
        async with self._session() as session:
            is_visible = await visible(session, creation.guild_id, audience)
            ancestors: list[Creation] = []
            ancestor: Creation | None = creation
            for _ in range(GENERATIONS):
                ancestor = await _parent(session, ancestor)
                if not ancestor or len(ancestors) == ANCESTORS:
                    break
                if await _may_be_named(session, ancestor, is_visible):
                    ancestors.append(ancestor)
            query = _children(creation.id, is_visible)
            count = await session.scalar(select(func.count()).select_from(query.subquery())) or 0
            rows = await session.scalars(query.order_by(CreationRow.id).limit(CHILDREN))
            children = tuple(creation_of(row) for row in rows)
        return Family(tuple(reversed(ancestors)), creation, children, count - len(children))

    async def use(self, guild_id: int, user_id: int, audience: Audience) -> MemberStats:
        """Return a member's statistics in a guild, counting only pictures that the audience may see."""
        async with self._session() as session:
            is_visible = await visible(session, guild_id, audience)
        own = (CreationRow.guild_id == guild_id, CreationRow.user_id == user_id, is_visible)
        favourites = select(FavouriteRow).join(CreationRow, CreationRow.id == FavouriteRow.creation_id)
        in_guild = (CreationRow.guild_id == guild_id, is_visible)
        own_ids = select(CreationRow.id).where(CreationRow.guild_id == guild_id, CreationRow.user_id == user_id)
        descendants = select(CreationRow).join(JobRow, JobRow.id == CreationRow.job_id)
        others = CreationRow.user_id != user_id
        queries: tuple[Select[Any], ...] = (
            select(CreationRow).where(*own),
            select(CreationRow).where(*own, CreationRow.created_at > now() - DAY),
            favourites.where(*in_guild, FavouriteRow.user_id == user_id),
            favourites.where(*own, FavouriteRow.user_id != user_id),
            # No condition on the guild: it is always that of the parent, and would make the query scan the gallery.
            descendants.where(is_visible, JobRow.parent_id.in_(own_ids), others),
        )
        async with self._session() as session:
            counts = [await session.scalar(select(func.count()).select_from(each.subquery())) for each in queries]
        return MemberStats(*(count or 0 for count in counts))


async def _parent(session: AsyncSession, creation: Creation) -> Creation | None:
    query = select(CreationRow).join(JobRow, JobRow.parent_id == CreationRow.id).where(JobRow.id == creation.job_id)
    row = await session.scalar(query)
    return creation_of(row) if row else None


async def _may_be_named(session: AsyncSession, creation: Creation, is_visible: ColumnElement[bool]) -> bool:
    """Return whether an ancestor is listed: visible ones, and removed ones as a blank, but no held ones."""
    is_listed = CreationRow.deleted_at.is_not(None) | is_visible
    return await session.scalar(select(CreationRow.id).where(CreationRow.id == creation.id, is_listed)) is not None


def _children(creation_id: int, is_visible: ColumnElement[bool]) -> Select[CreationRow]:
    query = select(CreationRow).join(JobRow, JobRow.id == CreationRow.job_id)
    return query.where(JobRow.parent_id == creation_id, is_visible)
