"""Drafts. Methods take and return the frozen values of `bot.records`; each is one transaction."""

import secrets
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update

from bot.core.clock import now
from bot.core.message_ref import MessageRef
from bot.database.store import DatabaseStore
from bot.database.tables import DraftRow
from bot.database.upserts import ensure_guild, ensure_member
from bot.drafts.models import Draft
from bot.jobs.columns import asked_columns
from bot.jobs.models import NewDraft
from engine.messages import GenerationParameters

LIFETIME = timedelta(days=1)


class DraftStore(DatabaseStore):
    """What members have begun and not yet handed in; a draft can be had for a day."""

    async def add(self, new: NewDraft) -> Draft:
        """Keep a new draft."""
        row = DraftRow(**asked_columns(new), source_ids=list(new.source_ids), feather=0, nonce=_nonce())
        async with self._session.begin() as session:
            await ensure_guild(session, new.place.guild_id)
            await ensure_member(session, new.user_id)
            session.add(row)
        return _draft(row)

    async def expire(self) -> None:
        """Let go of the drafts that are older than a day."""
        async with self._session.begin() as session:
            await session.execute(delete(DraftRow).where(DraftRow.created_at < now() - LIFETIME))

    async def get(self, draft_id: int) -> Draft | None:
        """Return a draft, or None where it was handed in, thrown away or is older than a day."""
        async with self._session() as session:
            row = await session.scalar(
                select(DraftRow).where(DraftRow.id == draft_id, DraftRow.created_at >= now() - LIFETIME)
            )
            return _draft(row) if row else None

    async def change(self, draft_id: int, **values: Any) -> Draft | None:
        """Change columns of a draft (`parameters` is one) and return it, or None where it is gone."""
        if "parameters" in values:
            values["request"] = asdict(values.pop("parameters"))
        async with self._session.begin() as session:
            await session.execute(update(DraftRow).where(DraftRow.id == draft_id).values(**values))
        return await self.get(draft_id)

    async def use_nonce(self, draft_id: int, nonce: str, **values: Any) -> bool:
        """Change columns of a draft whose nonce this still is, and give it another; return whether it was."""
        async with self._session.begin() as session:
            result: Any = await session.execute(
                update(DraftRow)
                .where(DraftRow.id == draft_id, DraftRow.nonce == nonce, DraftRow.created_at >= now() - LIFETIME)
                .values(nonce=_nonce(), **values)
            )
            return result.rowcount == 1

    async def remove(self, draft_id: int) -> bool:
        """Let go of a draft; return False where it was gone before, so that of two presses one counts."""
        async with self._session.begin() as session:
            result: Any = await session.execute(delete(DraftRow).where(DraftRow.id == draft_id))
            return result.rowcount == 1


def _nonce() -> str:
    return secrets.token_urlsafe(12)


def _draft(row: DraftRow) -> Draft:
    return Draft(
        id=row.id,
        user_id=row.user_id,
        place=MessageRef(row.guild_id, row.channel_id, row.message_id, row.interaction_token),
        parameters=GenerationParameters(**row.request),
        image_key=row.image_key,
        mask_key=row.mask_key,
        feather=row.feather,
        note=row.note,
        nonce=row.nonce,
        parent_id=row.parent_id,
        style_key=row.style_key,
        style=row.style,
        source_ids=tuple(row.source_ids),
    )
