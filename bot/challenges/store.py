"""Database access for challenges, entries and votes. Each method is one transaction."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.challenges.models import Challenge, Entry, NewChallenge, Standing, Vote
from bot.core.clock import now
from bot.database.named_columns import NO_CHALLENGE_WORDS, NOBODY
from bot.database.states import RUNNING, ChallengeState
from bot.database.store import DatabaseStore
from bot.database.tables import ChallengeRow, CreationRow, EntryRow, VoteRow, is_shown
from bot.database.upserts import ensure_guild, ensure_member, insert_if_absent

LISTED = 10


class ChallengeStore(DatabaseStore):
    """Stores the challenges of all guilds; takes and returns the values of `bot.challenges.models`."""

    async def add(self, new: NewChallenge) -> Challenge:
        """Insert a challenge in the state PLANNED and return it."""
        async with self._session.begin() as session:
            return await _add(session, new)

    async def challenge(self, challenge_id: int, guild_id: int | None = None) -> Challenge | None:
        """Return a challenge, or None if there is none with that id (in that guild, if given)."""
        conditions = [ChallengeRow.id == challenge_id]
        if guild_id is not None:
            conditions.append(ChallengeRow.guild_id == guild_id)
        found = await self._challenges(*conditions)
        return found[0] if found else None

    async def newest(self, guild_id: int) -> list[Challenge]:
        """Return a guild's LISTED newest challenges, newest first."""
        return await self._challenges(ChallengeRow.guild_id == guild_id)

    async def running(self, guild_id: int, *states: ChallengeState) -> list[Challenge]:
        """Return all challenges of a guild in one of these states, newest first."""
        return await self._challenges(ChallengeRow.guild_id == guild_id, ChallengeRow.state.in_(states), most=None)

    async def unfinished(self) -> list[Challenge]:
        """Return all challenges, newest first, that have not ended or whose current state is not shown yet."""
        is_shown = ChallengeRow.shown_state == ChallengeRow.state
        return await self._challenges(ChallengeRow.state.in_(RUNNING) | ~func.coalesce(is_shown, False), most=None)

    async def _challenges(self, *conditions: ColumnElement[bool], most: int | None = LISTED) -> list[Challenge]:
        query = select(ChallengeRow).where(*conditions).order_by(ChallengeRow.id.desc()).limit(most)
        async with self._session() as session:
            return [_challenge(row) for row in await session.scalars(query)]

    async def move(self, challenge: Challenge, state: ChallengeState, **values: Any) -> bool:
        """Set a challenge's state and other columns, unless its state or times have changed since it was read.

        Return False if they have.
        """
        async with self._session.begin() as session:
            return await _move(session, challenge, state=state, **values)

    async def extend(self, challenge_id: int, longer: timedelta) -> Challenge | None:
        """Extend the current period, entries or votes, by `longer`; return None if the challenge has ended."""
        running = (ChallengeRow.id == challenge_id, ChallengeRow.state.in_(RUNNING))
        async with self._session.begin() as session:
            # Written before it is read, so that two concurrent extensions both count.
            result: Any = await session.execute(update(ChallengeRow).where(*running).values(shown_state=None))
            if not result.rowcount:
                return None
            row = await session.get_one(ChallengeRow, challenge_id)
            row.voting_ends_at += longer
            if row.state != ChallengeState.VOTING:
                row.ends_at += longer
            return _challenge(row)

    async def close(self, challenge: Challenge, result: Sequence[Standing], following: NewChallenge | None) -> bool:
        """Close a challenge, store its result and insert the following one, if any.

        Return False if its state or times have changed since it was read.
        """
        async with self._session.begin() as session:
            if not await _move(session, challenge, state=ChallengeState.CLOSED):
                return False
            for standing in result:
                values = {"place": standing.place, "votes": standing.votes}
                await session.execute(update(EntryRow).where(EntryRow.id == standing.entry.id).values(**values))
            if following:
                await _add(session, following)
            return True

    async def change(self, challenge_id: int, **values: Any) -> None:
        """Set columns other than the state and the times."""
        async with self._session.begin() as session:
            await session.execute(update(ChallengeRow).where(ChallengeRow.id == challenge_id).values(**values))

    async def entries(self, challenge_id: int) -> list[Entry]:
        """Return the entries of a challenge in order of entering, without removed pictures.

        No audience is checked: use `CreationStore.seen_of` before showing them.
        """
        return await self._entries(EntryRow.challenge_id == challenge_id)

    async def entry(self, entry_id: int) -> Entry | None:
        """Return an entry, or None if it was withdrawn or its picture was removed."""
        found = await self._entries(EntryRow.id == entry_id)
        return found[0] if found else None

    async def _entries(self, *conditions: ColumnElement[bool]) -> list[Entry]:
        query = (
            select(EntryRow, CreationRow.file_key, CreationRow.is_spoiler)
            .join(CreationRow, CreationRow.id == EntryRow.creation_id)
            .where(*conditions, is_shown())
            .order_by(EntryRow.id)
        )
        async with self._session() as session:
            return [_entry(*columns) for columns in await session.execute(query)]

    async def enter(self, challenge_id: int, creation_id: int, user_id: int) -> Entry:
        """Insert a picture as an entry of a challenge and return the entry."""
        async with self._session.begin() as session:
            await ensure_member(session, user_id)
            row = EntryRow(challenge_id=challenge_id, creation_id=creation_id, user_id=user_id, created_at=now())
            session.add(row)
            await session.flush()
            creation = await session.get_one(CreationRow, creation_id)
            return _entry(row, creation.file_key, creation.is_spoiler)

    async def withdraw(self, entry_id: int) -> None:
        """Delete an entry and all votes that name it."""
        async with self._session.begin() as session:
            names_entry = (VoteRow.entry_id == entry_id) | (VoteRow.other_id == entry_id)
            await session.execute(delete(VoteRow).where(names_entry))
            await session.execute(delete(EntryRow).where(EntryRow.id == entry_id))

    async def disqualify(self, entry_id: int, reason: str) -> None:
        """Mark an entry as disqualified, with a reason."""
        async with self._session.begin() as session:
            await session.execute(update(EntryRow).where(EntryRow.id == entry_id).values(disqualified=reason))

    async def votes(self, challenge_id: int, user_id: int | None = None) -> list[Vote]:
        """Return the votes in a challenge, only those of `user_id` if given."""
        query = select(VoteRow).join(EntryRow, EntryRow.id == VoteRow.entry_id)
        query = query.where(EntryRow.challenge_id == challenge_id)
        if user_id is not None:
            query = query.where(VoteRow.user_id == user_id)
        async with self._session() as session:
            return [
                Vote(row.user_id, row.chosen_id, row.other_id and row.entry_id + row.other_id - row.chosen_id)
                for row in await session.scalars(query)
            ]

    async def toggle_star(self, entry_id: int, user_id: int) -> bool:
        """Toggle a member's star for an entry; return True if it has the star now."""
        async with self._session.begin() as session:
            await ensure_member(session, user_id)
            is_this = (VoteRow.user_id == user_id, VoteRow.entry_id == entry_id, VoteRow.other_id == 0)
            result: Any = await session.execute(delete(VoteRow).where(*is_this))
            if result.rowcount:
                return False
            await insert_if_absent(session, _vote(user_id, entry_id, 0, entry_id))
            return True

    async def prefer(self, user_id: int, chosen_id: int, other_id: int) -> None:
        """Store which of two entries a member prefers; it replaces an earlier vote on the same pair."""
        first, second = sorted((chosen_id, other_id))
        async with self._session.begin() as session:
            await ensure_member(session, user_id)
            await session.merge(_vote(user_id, first, second, chosen_id))


def _vote(user_id: int, entry_id: int, other_id: int, chosen_id: int) -> VoteRow:
    return VoteRow(user_id=user_id, entry_id=entry_id, other_id=other_id, chosen_id=chosen_id, created_at=now())


async def _add(session: AsyncSession, new: NewChallenge) -> Challenge:
    await ensure_guild(session, new.guild_id)
    await ensure_member(session, new.user_id)
    values = asdict(new) | {"themes": list(new.themes)}
    row = ChallengeRow(**values, state=ChallengeState.PLANNED, shown_state=None, created_at=now(), reason="")
    session.add(row)
    await session.flush()
    return _challenge(row)


async def _move(session: AsyncSession, challenge: Challenge, **values: Any) -> bool:
    unchanged = [
        getattr(ChallengeRow, name) == getattr(challenge, name) for name in ("state", "ends_at", "voting_ends_at")
    ]
    statement = update(ChallengeRow).where(ChallengeRow.id == challenge.id, *unchanged)
    result: Any = await session.execute(statement.values(**values))
    if values["state"] not in RUNNING:
        # The host's data was deleted while it ran; its texts were kept for the participants until it ended.
        has_no_host = (ChallengeRow.id == challenge.id, ChallengeRow.user_id == NOBODY)
        await session.execute(update(ChallengeRow).where(*has_no_host).values(**NO_CHALLENGE_WORDS))
    return result.rowcount == 1


def _challenge(row: ChallengeRow) -> Challenge:
    values: dict[str, Any] = {name: getattr(row, name) for name in Challenge.__dataclass_fields__}
    values["themes"] = tuple(row.themes)
    return Challenge(**values)


def _entry(row: EntryRow, file_key: str, is_spoiler: bool) -> Entry:
    ids = (row.id, row.challenge_id, row.creation_id, row.user_id)
    return Entry(*ids, file_key, row.place, row.votes, row.disqualified, is_spoiler)
