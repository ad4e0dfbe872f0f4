"""Storage of creations. Methods take and return the values of `bot.creations.models`; each is one transaction.

Use the methods that take an audience for everything that members are shown. The others, such as `any_creation` and
those that take a job, are for the bot's internal work and for moderators.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update

from bot.core.audience import Audience
from bot.core.clock import now
from bot.core.errors import UserError
from bot.core.i18n import _
from bot.creations.models import Creation
from bot.creations.origin_store import visible
from bot.creations.refusals import GONE
from bot.database.states import Verdict
from bot.database.store import DatabaseStore
from bot.database.tables import CaseRow, CreationRow, FavouriteRow, is_held, is_shown
from bot.database.upserts import ensure_member, insert_if_absent
from engine.api.messages import GenerationParameters

# Largest number of pictures that `made_since` returns.
NEWEST = 25
Made = tuple[Creation, GenerationParameters]


class CreationStore(DatabaseStore):
    """The pictures of all galleries; removed and held ones are found only by `held_of` and `decided_against`."""

    async def creation(self, guild_id: int, creation_id: int, audience: Audience) -> Made | None:
        """Return a picture of a guild and its parameters, or None if the audience may not see one with this id."""
        made = await self._find_visible(guild_id, audience, CreationRow.id == creation_id)
        return made[0] if made else None

    async def visible_creation(self, guild_id: int, creation_id: int, audience: Audience) -> Made:
        """Return a picture and what made it. Raises UserError if the audience may not see one with this id."""
        made = await self.creation(guild_id, creation_id, audience)
        if made is None:
            raise UserError(_(GONE))
        return made

    async def creations_in(self, guild_id: int, message_id: int, audience: Audience) -> list[Made]:
        """Return the pictures, with their parameters, that a message was posted with and the audience may see."""
        return await self._find_visible(guild_id, audience, CreationRow.message_id == message_id)

    async def seen_of(self, guild_id: int, creation_ids: Collection[int], audience: Audience) -> dict[int, Creation]:
        """Return the pictures with these ids that an audience may see, by id."""
        made = await self._find_visible(guild_id, audience, CreationRow.id.in_(creation_ids))
        return {creation.id: creation for creation, _parameters in made}

    async def any_creation(self, guild_id: int, creation_id: int) -> Made | None:
        """Return a picture of a guild and its parameters without a check of the audience, or None if there is none."""
        made = await self._find(CreationRow.guild_id == guild_id, CreationRow.id == creation_id)
        return made[0] if made else None

    async def posted_in(self, guild_id: int, message_id: int) -> list[Creation]:
        """Return the pictures that a message was posted with, without a check of the audience."""
        made = await self._find(CreationRow.guild_id == guild_id, CreationRow.message_id == message_id)
        return [creation for creation, _parameters in made]

    async def creations_of(self, job_id: int) -> list[Creation]:
        """Return a job's pictures in the order of their seeds, without a check of the audience."""
        return [creation for creation, _parameters in await self._find(CreationRow.job_id == job_id)]

    async def made_since(self, guild_id: int, moment: datetime, viewer: Audience) -> list[Creation]:
        """Return the viewer's own pictures in a guild made at `moment` or later, 25 at most, the newest first."""
        is_new = (CreationRow.user_id == viewer.user_id, CreationRow.created_at >= moment)
        query = select(CreationRow).where(CreationRow.guild_id == guild_id, *is_new)
        async with self._session() as session:
            query = query.where(await visible(session, guild_id, viewer))
            rows = await session.scalars(query.order_by(CreationRow.id.desc()).limit(NEWEST))
            return [creation_of(row) for row in rows]

    async def held_of(self, job_id: int) -> list[Creation]:
        """Return a job's pictures that are held for the moderators."""
        query = select(CreationRow).where(CreationRow.job_id == job_id, is_held()).order_by(CreationRow.id)
        async with self._session() as session:
            return [creation_of(row) for row in await session.scalars(query)]

    async def decided_against(self, job_id: int) -> list[Creation]:
        """Return a job's removed pictures that a moderator decided against in a case."""
        decided = CaseRow.verdict.is_not(None) & (CaseRow.verdict != Verdict.APPROVE)
        cases = select(CaseRow.creation_id).where(CaseRow.creation_id == CreationRow.id, decided)
        is_removed = CreationRow.deleted_at.is_not(None) & cases.exists()
        query = select(CreationRow).where(CreationRow.job_id == job_id, is_removed).order_by(CreationRow.id)
        async with self._session() as session:
            return [creation_of(row) for row in await session.scalars(query)]

    async def shows_file(self, guild_id: int, file_key: str) -> bool:
        """Return whether a shown picture of a guild's gallery has this file."""
        return bool(await self._find(CreationRow.guild_id == guild_id, CreationRow.file_key == file_key))

    async def _find_visible(self, guild_id: int, audience: Audience, *conditions: ColumnElement[bool]) -> list[Made]:
        query = select(CreationRow).where(CreationRow.guild_id == guild_id, *conditions).order_by(CreationRow.id)
        async with self._session() as session:
            rows = await session.scalars(query.where(await visible(session, guild_id, audience)))
            return [(creation_of(row), GenerationParameters(**row.request)) for row in rows]

    async def _find(self, *conditions: ColumnElement[bool]) -> list[Made]:
        query = select(CreationRow).where(*conditions, is_shown()).order_by(CreationRow.id)
        async with self._session() as session:
            return [(creation_of(row), GenerationParameters(**row.request)) for row in await session.scalars(query)]

    async def release(self, creation_id: int) -> None:
        """Stop holding a picture, so that the gallery shows it."""
        async with self._session.begin() as session:
            statement = update(CreationRow).where(CreationRow.id == creation_id, is_held())
            await session.execute(statement.values(held_at=None))

    async def toggle_favourite(self, user_id: int, creation_id: int) -> bool:
        """Add a picture to a member's favourites, or remove it from them; return True if it was added."""
        is_this = (FavouriteRow.user_id == user_id, FavouriteRow.creation_id == creation_id)
        async with self._session.begin() as session:
            await ensure_member(session, user_id)
            result: Any = await session.execute(delete(FavouriteRow).where(*is_this))
            if result.rowcount:
                return False
            await insert_if_absent(session, FavouriteRow(user_id=user_id, creation_id=creation_id, created_at=now()))
            return True


def creation_of(row: CreationRow) -> Creation:
    """Convert a row to a frozen Creation."""
    return Creation(
        id=row.id,
        job_id=row.job_id,
        guild_id=row.guild_id,
        user_id=row.user_id,
        file_key=row.file_key,
        seed=row.seed,
        model=row.model,
        width=row.width,
        height=row.height,
        created_at=row.created_at,
        is_shown=row.deleted_at is None and row.held_at is None,
        score=row.score,
        channel_id=row.channel_id,
        message_id=row.message_id,
        is_spoiler=row.is_spoiler,
        safety=row.safety,
        prompt=row.request["prompt"],
        origin_id=row.origin_id or 0,
    )
