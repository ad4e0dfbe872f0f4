"""Storage of drafts. Methods take and return frozen values; each method is one transaction, except `change`.

`change` reads the draft back in a transaction of its own.
"""

import secrets
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update

from bot.core.clock import now
from bot.creations.models import PaintRequest
from bot.database.store import DatabaseStore
from bot.database.tables import DraftRow
from bot.database.upserts import ensure_guild, ensure_member
from bot.drafts.models import Draft
from bot.jobs.columns import request_columns, request_fields

LIFETIME = timedelta(days=1)


class DraftStore(DatabaseStore):
    """The drafts that members have not submitted yet; a draft expires after a day."""

    async def add(self, new: PaintRequest) -> Draft:
        """Store a new draft with a random nonce and return it."""
        row = DraftRow(**request_columns(new), source_ids=list(new.source_ids), feather=0, nonce=_nonce())
        async with self._session.begin() as session:
            await ensure_guild(session, new.place.guild_id)
            await ensure_member(session, new.user_id)
            session.add(row)
        return _draft(row)

    async def expire(self) -> None:
        """Delete the drafts that are older than a day."""
        async with self._session.begin() as session:
            await session.execute(delete(DraftRow).where(DraftRow.created_at < now() - LIFETIME))

    async def get(self, draft_id: int) -> Draft | None:
        """Return a draft, or None if it was submitted or discarded, or is older than a day."""
        async with self._session() as session:
            row = await session.scalar(
                select(DraftRow).where(DraftRow.id == draft_id, DraftRow.created_at >= now() - LIFETIME)
            )
            return _draft(row) if row else None

    async def change(self, draft_id: int, **values: Any) -> Draft | None:
        """Set columns of a draft, or its `parameters`, and return the draft, or None if it is gone."""
        if "parameters" in values:
            values["request"] = asdict(values.pop("parameters"))
        async with self._session.begin() as session:
            await session.execute(update(DraftRow).where(DraftRow.id == draft_id).values(**values))
        return await self.get(draft_id)

    async def use_nonce(self, draft_id: int, nonce: str, **values: Any) -> bool:
        """Set columns of a draft and replace its nonce, if `nonce` is still valid; return whether it was."""
        async with self._session.begin() as session:
            result: Any = await session.execute(
                update(DraftRow)
                .where(DraftRow.id == draft_id, DraftRow.nonce == nonce, DraftRow.created_at >= now() - LIFETIME)
                .values(nonce=_nonce(), **values)
            )
            return result.rowcount == 1

    async def remove(self, draft_id: int) -> bool:
        """Delete a draft; return False if it was gone before."""
        async with self._session.begin() as session:
            result: Any = await session.execute(delete(DraftRow).where(DraftRow.id == draft_id))
            return result.rowcount == 1


def _nonce() -> str:
    return secrets.token_urlsafe(12)


def _draft(row: DraftRow) -> Draft:
    return Draft(
        id=row.id, feather=row.feather, nonce=row.nonce, source_ids=tuple(row.source_ids), **request_fields(row)
    )
