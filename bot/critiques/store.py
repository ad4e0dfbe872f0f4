"""Database access for critiques. Each method is one transaction."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import case, delete, func, select, update

from bot.core.clock import now
from bot.critiques.models import Critique, NewCritique
from bot.database.store import DatabaseStore
from bot.database.tables import CritiqueRow
from bot.database.upserts import ensure_member


class CritiqueStore(DatabaseStore):
    """Stores critiques, at most one by a member for a picture."""

    async def critique(self, creation_id: int, user_id: int) -> Critique | None:
        """Return a member's critique of a picture, or None."""
        async with self._session() as session:
            row = await session.get(CritiqueRow, (creation_id, user_id))
            return _critique(row) if row else None

    async def newest(self, creation_id: int, offset: int, limit: int) -> list[Critique]:
        """Return up to `limit` critiques of a picture, newest first, after the first `offset`."""
        query = select(CritiqueRow).where(CritiqueRow.creation_id == creation_id)
        newest_first = (CritiqueRow.created_at.desc(), CritiqueRow.user_id)
        async with self._session() as session:
            rows = await session.scalars(query.order_by(*newest_first).offset(offset).limit(limit))
            return [_critique(row) for row in rows]

    async def counts(self, creation_ids: Collection[int]) -> dict[int, int]:
        """Return the number of critiques by creation id, without the pictures that have none."""
        query = select(CritiqueRow.creation_id, func.count()).where(CritiqueRow.creation_id.in_(creation_ids))
        async with self._session() as session:
            rows = await session.execute(query.group_by(CritiqueRow.creation_id))
            return {row[0]: row[1] for row in rows}

    async def write(self, guild_id: int, new: NewCritique) -> bool:
        """Store a critique; return False if it replaces an earlier one of the member for the picture.

        The helpful mark is cleared, because it was given for the earlier text.
        """
        values = {"works": new.works, "better": new.better, "created_at": now(), "helpful_at": None}
        async with self._session.begin() as session:
            await ensure_member(session, new.user_id)
            result: Any = await session.execute(update(CritiqueRow).where(*_has_key_of(new)).values(**values))
            if result.rowcount:
                return False
            row = CritiqueRow(creation_id=new.creation_id, user_id=new.user_id, guild_id=guild_id, **values)
            session.add(row)
            return True

    async def toggle_helpful(self, critique: Critique) -> None:
        """Set the helpful mark of a critique to now, or clear it."""
        toggled = case((CritiqueRow.helpful_at.is_(None), now()), else_=None)
        async with self._session.begin() as session:
            await session.execute(update(CritiqueRow).where(*_has_key_of(critique)).values(helpful_at=toggled))

    async def remove(self, critique: Critique) -> None:
        """Delete a critique from the database."""
        async with self._session.begin() as session:
            await session.execute(delete(CritiqueRow).where(*_has_key_of(critique)))


def _has_key_of(critique: NewCritique) -> tuple[Any, Any]:
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
