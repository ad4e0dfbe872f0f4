"""Queries for cases. Methods take and return the values of `bot.moderation.models`; each is one transaction."""

from typing import Any

from sqlalchemy import ColumnElement, literal_column, or_, select, update
from sqlalchemy.exc import IntegrityError

from bot.core.clock import now
from bot.creations.holds import new_case_row
from bot.creations.store import Made, creation_of
from bot.database.states import CaseKind, Verdict
from bot.database.store import DatabaseStore
from bot.database.tables import CaseRow, CreationRow
from bot.database.upserts import ensure_guild
from bot.moderation.models import Case
from engine.api.messages import GenerationParameters

LISTED = 10
# The kinds of cases that one decision about their picture closes together.
SETTLED_TOGETHER = (CaseKind.REPORT, CaseKind.HOLD)


class CaseStore(DatabaseStore):
    """The cases of all servers, and the pictures that they are about."""

    async def open(self, kind: CaseKind, made: Made, by_user_id: int, reason: str) -> bool:
        """Open a case about a picture; return False if this member already opened one of that kind about it."""
        creation = made[0]
        row = new_case_row(kind, creation.guild_id, creation.id, creation.user_id, by_user_id, reason)
        try:
            async with self._session.begin() as session:
                session.add(row)
        except IntegrityError:
            return False
        return True

    async def add_decided(self, guild_id: int, user_id: int, by: int, verdict: Verdict, why: str) -> None:
        """Store a decided case for an action that a moderator took by a command."""
        row = new_case_row(CaseKind.COMMAND, guild_id, None, user_id, by, "")
        row.verdict, row.decided_by, row.decided_at, row.why = verdict, by, now(), why
        async with self._session.begin() as session:
            await ensure_guild(session, guild_id)
            session.add(row)

    async def case(self, guild_id: int, case_id: int) -> Case | None:
        """Return a guild's case by id, or None."""
        found = await self._cases(CaseRow.guild_id == guild_id, CaseRow.id == case_id)
        return found[0] if found else None

    async def log(self, guild_id: int, user_id: int, before: int) -> list[Case]:
        """Return a page of a guild's cases, the newest first: LISTED + 1, so that the extra one means a next page.

        `before` is the case id that the page begins after, 0 for the first page; `user_id` limits it to cases about one
        member, 0 for all.
        """
        conditions: list[ColumnElement[bool]] = [CaseRow.guild_id == guild_id]
        if user_id:
            conditions.append(CaseRow.about_user_id == user_id)
        if before:
            conditions.append(CaseRow.id < before)
        return await self._cases(*conditions, most=LISTED + 1)

    async def not_posted(self) -> list[Case]:
        """Return the open cases without a card in the moderators' channel, the newest first."""
        return await self._cases(CaseRow.verdict.is_(None), CaseRow.message_id.is_(None))

    async def outdate(self, creation_id: int) -> None:
        """Mark the posted cards about a picture as outdated, so that they are redrawn."""
        async with self._session.begin() as session:
            cards = (CaseRow.creation_id == creation_id, CaseRow.message_id.is_not(None))
            await session.execute(update(CaseRow).where(*cards).values(is_outdated=True))

    async def outdated(self) -> list[Case]:
        """Return the cases whose posted cards are outdated."""
        # Spelled as in the partial index, or SQLite would not use the index.
        return await self._cases(literal_column("cases.is_outdated"), CaseRow.message_id.is_not(None))

    async def mark_current(self, case: Case, *, with_picture: bool) -> None:
        """Mark a card as up to date, unless the case, or whether its picture exists, has changed since it was drawn.

        `case` and `with_picture` are the state that was drawn.
        """
        picture_exists = select(CreationRow.id).where(
            CreationRow.id == CaseRow.creation_id, CreationRow.deleted_at.is_(None)
        )
        is_as_drawn = (
            CaseRow.id == case.id,
            CaseRow.about_user_id == case.about_user_id,
            CaseRow.decided_by == case.decided_by,
            CaseRow.verdict.is_not_distinct_from(case.verdict),
            picture_exists.exists() if with_picture else ~picture_exists.exists(),
        )
        async with self._session.begin() as session:
            await session.execute(update(CaseRow).where(*is_as_drawn).values(is_outdated=False))

    async def picture(self, creation_id: int) -> Made | None:
        """Return a picture and its parameters, also if it is held back or removed, or None."""
        async with self._session() as session:
            row = await session.get(CreationRow, creation_id)
            return (creation_of(row), GenerationParameters(**row.request)) if row else None

    async def is_on_disk(self, creation_id: int) -> bool:
        """Return whether a picture is not removed; one that is held back counts as present."""
        query = select(CreationRow.id).where(CreationRow.id == creation_id, CreationRow.deleted_at.is_(None))
        async with self._session() as session:
            return await session.scalar(query) is not None

    async def posted(self, case_id: int, channel_id: int, message_id: int) -> None:
        """Store the channel and message of a case's card."""
        async with self._session.begin() as session:
            statement = update(CaseRow).where(CaseRow.id == case_id)
            await session.execute(statement.values(channel_id=channel_id, message_id=message_id))

    async def take_note_untold(self, case_id: int) -> None:
        """Mark that the picture's maker could not be notified."""
        async with self._session.begin() as session:
            await session.execute(update(CaseRow).where(CaseRow.id == case_id).values(is_told=False))

    async def decide(self, case: Case, by: int, verdict: Verdict, why: str) -> bool:
        """Decide an open case, and with it the open reports and holds of the same picture.

        Return False if it was decided before; of two concurrent decisions one wins.
        """
        values = {"verdict": verdict, "decided_by": by, "decided_at": now(), "why": why}
        is_open = CaseRow.verdict.is_(None)
        async with self._session.begin() as session:
            result: Any = await session.execute(update(CaseRow).where(CaseRow.id == case.id, is_open).values(**values))
            if result.rowcount == 1 and case.creation_id:
                others = (CaseRow.creation_id == case.creation_id, CaseRow.kind.in_(SETTLED_TOGETHER), is_open)
                await session.execute(update(CaseRow).where(*others).values(**values))
            return result.rowcount == 1

    async def may_appeal(self, creation_id: int) -> bool:
        """Return whether a picture is held back, or a moderator decided anything but approval about it."""
        against = or_(
            (CaseRow.kind == CaseKind.HOLD) & CaseRow.verdict.is_(None),
            CaseRow.verdict.is_not(None) & (CaseRow.verdict != Verdict.APPROVE),
        )
        return bool(await self._cases(CaseRow.creation_id == creation_id, against))

    async def _cases(self, *conditions: ColumnElement[bool], most: int | None = None) -> list[Case]:
        query = select(CaseRow).where(*conditions).order_by(CaseRow.id.desc()).limit(most)
        async with self._session() as session:
            return [_case(row) for row in await session.scalars(query)]


def _case(row: CaseRow) -> Case:
    return Case(**{name: getattr(row, name) for name in Case.__dataclass_fields__})
