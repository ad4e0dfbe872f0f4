"""Members and how they like it."""

from dataclasses import asdict

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from bot.gallery.known import know_member
from bot.gallery.tables import MemberRow
from bot.records import Preferences


class MemberStore:
    """The people who use Atelier."""

    def __init__(self, database: AsyncEngine) -> None:
        self._session = async_sessionmaker(database, expire_on_commit=False)

    async def preferences(self, user_id: int) -> Preferences:
        """Return what a person has chosen, with the defaults for the rest."""
        async with self._session() as session:
            chosen = await session.scalar(select(MemberRow.preferences).where(MemberRow.id == user_id))
            return Preferences(**(chosen or {}))

    async def prefer(self, user_id: int, preferences: Preferences) -> None:
        """Keep what a person has chosen."""
        async with self._session.begin() as session:
            await know_member(session, user_id)
            statement = update(MemberRow).where(MemberRow.id == user_id)
            await session.execute(statement.values(preferences=asdict(preferences)))
