"""Storage of permission requests to makers who want to be asked first. Each method is one transaction."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from bot.consent.models import Permit
from bot.database.store import DatabaseStore
from bot.database.tables import PermitRow
from bot.database.upserts import insert_if_absent

# A request whose message isn't posted after this time was left by a bot that stopped between `claim` and `posted`.
POSTING = timedelta(minutes=1)


class PermitStore(DatabaseStore):
    """Permission requests and their answers, one per picture and requester."""

    async def of(self, user_id: int, creation_ids: Iterable[int]) -> dict[int, Permit]:
        """Return a member's requests for these pictures, by the pictures' ids."""
        query = select(PermitRow).where(PermitRow.user_id == user_id, PermitRow.creation_id.in_(list(creation_ids)))
        async with self._session() as session:
            return {row.creation_id: _permit(row) for row in await session.scalars(query)}

    async def claim(self, creation_id: int, user_id: int, moment: datetime) -> bool:
        """Open a request, and return False if one is open already or the maker's answer is still valid.

        Of two concurrent calls, one returns True; its caller posts the message that asks the maker.
        """
        refused = PermitRow.is_allowed.is_(False) & (PermitRow.answered_at <= moment - Permit.REFUSED_FOR)
        expired = PermitRow.is_allowed.is_(None) & (PermitRow.created_at <= moment - Permit.OPEN_FOR)
        lost = PermitRow.is_allowed.is_(None) & (PermitRow.message_id == 0) & (PermitRow.created_at <= moment - POSTING)
        reopen = update(PermitRow).where(*_matches(creation_id, user_id), refused | expired | lost)
        values = {"created_at": moment, "is_allowed": None, "answered_at": None, "channel_id": 0, "message_id": 0}
        async with self._session.begin() as session:
            result: Any = await session.execute(reopen.values(**values))
            if result.rowcount:
                return True
            return await insert_if_absent(
                session, PermitRow(creation_id=creation_id, user_id=user_id, created_at=moment)
            )

    async def posted(self, creation_id: int, user_id: int, channel_id: int, message_id: int) -> None:
        """Store the message that asks the maker."""
        async with self._session.begin() as session:
            statement = update(PermitRow).where(*_matches(creation_id, user_id))
            await session.execute(statement.values(channel_id=channel_id, message_id=message_id))

    async def withdraw(self, creation_id: int, user_id: int) -> None:
        """Delete an unanswered request whose message could not be posted."""
        unposted = PermitRow.is_allowed.is_(None) & (PermitRow.message_id == 0)
        async with self._session.begin() as session:
            await session.execute(delete(PermitRow).where(*_matches(creation_id, user_id), unposted))

    async def answer(self, creation_id: int, user_id: int, moment: datetime, *, is_allowed: bool) -> None:
        """Store the maker's answer; add the request if there is none."""
        async with self._session.begin() as session:
            await insert_if_absent(session, PermitRow(creation_id=creation_id, user_id=user_id, created_at=moment))
            statement = update(PermitRow).where(*_matches(creation_id, user_id))
            await session.execute(statement.values(is_allowed=is_allowed, answered_at=moment))


def _matches(creation_id: int, user_id: int) -> tuple[Any, ...]:
    return PermitRow.creation_id == creation_id, PermitRow.user_id == user_id


def _permit(row: PermitRow) -> Permit:
    answer, message = (row.is_allowed, row.answered_at), (row.channel_id, row.message_id)
    return Permit(row.creation_id, row.user_id, row.created_at, *answer, *message)
