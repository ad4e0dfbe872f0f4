"""When the servers' weekly digests are due, and what is in them. Each method is one transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from bot.gallery.browsing import is_first_of_message
from bot.gallery.creations import creation_of
from bot.gallery.tables import CreationRow, GuildRow, is_shown
from bot.records import Creation, GuildSettings


@dataclass(frozen=True, slots=True)
class Plan:
    """When a guild's digest is due, None before that was planned; `channel_id` is 0 where they want none any more."""

    guild_id: int
    channel_id: int
    due_at: datetime | None


class DigestStore:
    """The digests of all servers."""

    def __init__(self, database: AsyncEngine) -> None:
        self._session = async_sessionmaker(database, expire_on_commit=False)

    async def plans(self) -> list[Plan]:
        """Return the plans of all guilds that want a digest, or have wanted one."""
        async with self._session() as session:
            rows = await session.execute(select(GuildRow.id, GuildRow.settings, GuildRow.digest_due_at))
            plans = [Plan(row[0], GuildSettings(**row[1]).digest_channel_id, row[2]) for row in rows]
        return [plan for plan in plans if plan.channel_id or plan.due_at]

    async def plan(self, guild_id: int, due_at: datetime | None) -> None:
        """Take note of when a guild's next digest is due, or that none is."""
        async with self._session.begin() as session:
            await session.execute(update(GuildRow).where(GuildRow.id == guild_id).values(digest_due_at=due_at))

    async def channels(self, guild_id: int, since: datetime) -> set[int]:
        """Return the channels in which pictures of a guild were made since a moment."""
        query = select(CreationRow.channel_id).where(*_made(guild_id, since)).distinct()
        async with self._session() as session:
            return set(await session.scalars(query))

    async def best(self, guild_id: int, since: datetime, channel_ids: Collection[int], most: int) -> list[Creation]:
        """Return what members like most of what was made in these channels since a moment, one picture a message."""
        query = select(CreationRow).where(*_made(guild_id, since), CreationRow.channel_id.in_(channel_ids))
        query = query.where(is_first_of_message()).order_by(CreationRow.score.desc(), CreationRow.id.desc())
        async with self._session() as session:
            return [creation_of(row) for row in await session.scalars(query.limit(most))]


def _made(guild_id: int, since: datetime) -> tuple[ColumnElement[bool], ...]:
    return CreationRow.guild_id == guild_id, CreationRow.created_at >= since, is_shown(), ~CreationRow.is_spoiler
