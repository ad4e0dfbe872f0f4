"""What members say of each other's pictures. Each method is one transaction."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import case, delete, func, select, update

from bot.core.clock import now
from bot.critiques.models import Critique, NewCritique
from bot.database.store import DatabaseStore
from bot.database.tables import CritiqueRow
from bot.database.upserts import ensure_member


class CritiqueStore(DatabaseStore):
    """The critiques, one of a member for a picture."""

    async def critique(self, creation_id: int, user_id: int) -> Critique | None:
        """Return what a member says of a picture, or None where they say nothing."""
        async with self._session() as session:
            row = await session.get(CritiqueRow, (creation_id, user_id))
            return _critique(row) if row else None

    async def newest(self, creation_id: int, skipped: int, most: int) -> list[Critique]:
        """Return what is said of a picture, the newest first, without the first few."""
        query = select(CritiqueRow).where(CritiqueRow.creation_id == creation_id)
        newest_first = (CritiqueRow.created_at.desc(), CritiqueRow.user_id)
        async with self._session() as session:
            rows = await session.scalars(query.order_by(*newest_first).offset(skipped).limit(most))
            return [_critique(row) for row in rows]

    async def counts(self, creation_ids: Collection[int]) -> dict[int, int]:
        """Return how many critiques there are of each picture that has one."""
        query = select(CritiqueRow.creation_id, func.count()).where(CritiqueRow.creation_id.in_(creation_ids))
        async with self._session() as session:
            rows = await session.execute(query.group_by(CritiqueRow.creation_id))
            return {row[0]: row[1] for row in rows}

    async def write(self, guild_id: int, new: NewCritique) -> bool:
        """Keep a critique, in place of the former one of its member; return False where there was one.

        That the former words helped says nothing of the new ones.
        """
        words = {"works": new.works, "better": new.better, "created_at": now(), "helpful_at": None}
        async with self._session.begin() as session:
            await ensure_member(session, new.user_id)
            result: Any = await session.execute(update(CritiqueRow).where(*_is(new)).values(**words))
            if result.rowcount:
                return False
            row = CritiqueRow(creation_id=new.creation_id, user_id=new.user_id, guild_id=guild_id, **words)
            session.add(row)
            return True

    async def toggle_helpful(self, critique: Critique) -> None:
        """Take note that a critique helped, or no longer."""
        toggled = case((CritiqueRow.helpful_at.is_(None), now()), else_=None)
        async with self._session.begin() as session:
            await session.execute(update(CritiqueRow).where(*_is(critique)).values(helpful_at=toggled))

    async def remove(self, critique: Critique) -> None:
        """Forget a critique."""
        async with self._session.begin() as session:
            await session.execute(delete(CritiqueRow).where(*_is(critique)))


def _is(critique: NewCritique) -> tuple[Any, Any]:
    return CritiqueRow.creation_id == critique.creation_id, CritiqueRow.user_id == critique.user_id


def _critique(row: CritiqueRow) -> Critique:
    return Critique(
        row.creation_id,
        row.user_id,
        row.works,
        row.better,
        created_at=row.created_at,
        is_helpful=row.helpful_at is not None,
    )
