"""Who likes what. Methods are one transaction each, and keep the score of the pictures true."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import now
from bot.database.store import DatabaseStore
from bot.database.tables import CreationRow, ReactionRow, is_shown
from bot.database.upserts import insert_if_absent

# Who reacted, and with what.
Liked = tuple[int, str]


class ReactionStore(DatabaseStore):
    """Reactions to messages that show pictures; those to other messages are not kept."""

    async def add(self, message_id: int, liked: Liked) -> int | None:
        """Take a reaction; return the score then, or None where the message shows no picture."""
        async with self._session.begin() as session:
            await insert_if_absent(session, _row(message_id, liked))
            return await _rescored(session, message_id)

    async def remove(self, message_id: int, liked: Liked) -> int | None:
        """Take a reaction back; return as `add` does."""
        user_id, emoji = liked
        return await self._without(message_id, ReactionRow.user_id == user_id, ReactionRow.emoji == emoji)

    async def clear(self, message_id: int, emoji: str | None = None) -> int | None:
        """Take all reactions back, or all with one emoji; return as `add` does."""
        return await self._without(message_id, *([ReactionRow.emoji == emoji] if emoji else []))

    async def replace(self, message_id: int, likes: Iterable[Liked]) -> int | None:
        """Take these reactions for all that there are; return as `add` does."""
        async with self._session.begin() as session:
            await session.execute(delete(ReactionRow).where(ReactionRow.message_id == message_id))
            session.add_all(_row(message_id, liked) for liked in set(likes))
            return await _rescored(session, message_id)

    async def recent_messages(self, count: int) -> list[tuple[int, int, int]]:
        """Return guild, channel and message of the newest pictures, for as many messages."""
        columns = (CreationRow.guild_id, CreationRow.channel_id, CreationRow.message_id)
        query = select(*columns).where(is_shown()).distinct()
        async with self._session() as session:
            rows = await session.execute(query.order_by(CreationRow.message_id.desc()).limit(count))
            return [(guild_id, channel_id, message_id) for guild_id, channel_id, message_id in rows]

    async def _without(self, message_id: int, *conditions: Any) -> int | None:
        async with self._session.begin() as session:
            await session.execute(delete(ReactionRow).where(ReactionRow.message_id == message_id, *conditions))
            return await _rescored(session, message_id)


async def _rescored(session: AsyncSession, message_id: int) -> int | None:
    """Write what the reactions come to: everybody who likes it but its maker, each once."""
    await session.flush()
    # Locked where the database writes several at once: whoever counts last must see what the others have written.
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
