"""Database access for reactions. Each method is one transaction and updates the score of the pictures."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import now
from bot.database.store import DatabaseStore
from bot.database.tables import CreationRow, ReactionRow, is_shown
from bot.database.upserts import insert_if_absent

# User id and emoji of a reaction.
Liked = tuple[int, str]


class ReactionStore(DatabaseStore):
    """Stores reactions to messages with pictures; reactions to other messages are dropped."""

    async def add(self, message_id: int, liked: Liked) -> int | None:
        """Store a reaction; return the new score, or None if the message has no pictures.

        The score is the number of members, without the maker, who reacted.
        """
        async with self._session.begin() as session:
            await insert_if_absent(session, _row(message_id, liked))
            return await _update_score(session, message_id)

    async def remove(self, message_id: int, liked: Liked) -> int | None:
        """Delete a reaction; return as `add` does."""
        user_id, emoji = liked
        return await self._delete(message_id, ReactionRow.user_id == user_id, ReactionRow.emoji == emoji)

    async def clear(self, message_id: int, emoji: str | None = None) -> int | None:
        """Delete all reactions to a message, or all with one emoji; return as `add` does."""
        return await self._delete(message_id, *([ReactionRow.emoji == emoji] if emoji else []))

    async def replace(self, message_id: int, likes: Iterable[Liked]) -> int | None:
        """Replace all reactions to a message with `likes`; return as `add` does."""
        async with self._session.begin() as session:
            await session.execute(delete(ReactionRow).where(ReactionRow.message_id == message_id))
            session.add_all(_row(message_id, liked) for liked in set(likes))
            return await _update_score(session, message_id)

    async def recent_messages(self, count: int) -> list[tuple[int, int, int]]:
        """Return the guild, channel and message ids of the `count` newest messages with pictures."""
        columns = (CreationRow.guild_id, CreationRow.channel_id, CreationRow.message_id)
        query = select(*columns).where(is_shown()).distinct()
        async with self._session() as session:
            rows = await session.execute(query.order_by(CreationRow.message_id.desc()).limit(count))
            return [(guild_id, channel_id, message_id) for guild_id, channel_id, message_id in rows]

    async def _delete(self, message_id: int, *conditions: Any) -> int | None:
        async with self._session.begin() as session:
            await session.execute(delete(ReactionRow).where(ReactionRow.message_id == message_id, *conditions))
            return await _update_score(session, message_id)


async def _update_score(session: AsyncSession, message_id: int) -> int | None:
    """Store and return the score: the number of distinct members, without the maker, who reacted.

    For a message without pictures, delete its reactions and return None.
    """
    await session.flush()
    # Locks the row in databases with concurrent writers, so that the last transaction counts what the others stored.
    first = select(CreationRow.user_id).where(CreationRow.message_id == message_id).order_by(CreationRow.id).limit(1)
    maker = await session.scalar(first.with_for_update())
    if maker is None:
        await session.execute(delete(ReactionRow).where(ReactionRow.message_id == message_id))
        return None
    likes = (ReactionRow.message_id == message_id, ReactionRow.user_id != maker)
    score = await session.scalar(select(func.count(ReactionRow.user_id.distinct())).where(*likes)) or 0
    await session.execute(update(CreationRow).where(CreationRow.message_id == message_id).values(score=score))
    return score


def _row(message_id: int, liked: Liked) -> ReactionRow:
    user_id, emoji = liked
    return ReactionRow(message_id=message_id, user_id=user_id, emoji=emoji, created_at=now())
