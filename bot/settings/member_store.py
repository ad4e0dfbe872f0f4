"""Storage of member preferences."""

from collections.abc import Callable
from dataclasses import asdict

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from bot.database.tables import MemberRow
from bot.database.upserts import ensure_member
from bot.settings.models import Preferences


class MemberStore:
    """Reads and changes the preferences in the `members` table. Each method is one transaction."""

    def __init__(self, database: AsyncEngine) -> None:
        self._session = async_sessionmaker(database, expire_on_commit=False)

    async def preferences(self, user_id: int) -> Preferences:
        """Return the preferences of a user, with defaults for those that were never changed."""
        async with self._session() as session:
            stored = await session.scalar(select(MemberRow.preferences).where(MemberRow.id == user_id))
            return Preferences(**(stored or {}))

    async def change(self, user_id: int, change: Callable[[Preferences], Preferences]) -> Preferences:
        """Apply `change` to a user's preferences, store and return the result; concurrent changes are serialised."""
        async with self._session.begin() as session:
            # This write makes SQLite wait for a concurrent change before the read; FOR UPDATE does so in PostgreSQL.
            await ensure_member(session, user_id)
            query = select(MemberRow.preferences).where(MemberRow.id == user_id).with_for_update()
            preferences = change(Preferences(**(await session.scalar(query) or {})))
            statement = update(MemberRow).where(MemberRow.id == user_id)
            await session.execute(statement.values(preferences=asdict(preferences)))
        return preferences
