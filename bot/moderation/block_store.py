"""Queries for blocks. Methods take and return the values of `bot.moderation.models`; each is one transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select

from bot.database.store import DatabaseStore
from bot.database.tables import BlockRow
from bot.database.upserts import ensure_guild, ensure_member
from bot.moderation.models import Block


class BlockStore(DatabaseStore):
    """The blocks of all servers, at most one per guild and member."""

    async def block(self, block: Block) -> None:
        """Store a block; an earlier block of the same member in the same guild is replaced."""
        columns = {name: getattr(block, name) for name in Block.__dataclass_fields__}
        async with self._session.begin() as session:
            await ensure_guild(session, block.guild_id)
            await ensure_member(session, block.user_id)
            await session.merge(BlockRow(**columns))

    async def unblock(self, guild_id: int, user_id: int) -> bool:
        """Delete a member's block; return False if there was none."""
        async with self._session.begin() as session:
            is_theirs = (BlockRow.guild_id == guild_id, BlockRow.user_id == user_id)
            result: Any = await session.execute(delete(BlockRow).where(*is_theirs))
            return result.rowcount == 1

    async def in_force(self, guild_id: int, user_id: int, moment: datetime) -> Block | None:
        """Return a member's block if it has not ended at `moment`, else None."""
        lasts = or_(BlockRow.until.is_(None), BlockRow.until > moment)
        query = select(BlockRow).where(BlockRow.guild_id == guild_id, BlockRow.user_id == user_id, lasts)
        async with self._session() as session:
            row = await session.scalar(query)
            return Block(**{name: getattr(row, name) for name in Block.__dataclass_fields__}) if row else None
