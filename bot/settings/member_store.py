"""Storage of member preferences."""

from collections.abc import Callable
from dataclasses import asdict

from pydantic import TypeAdapter
from sqlalchemy import select, update

from bot.database.store import DatabaseStore
from bot.database.tables import MemberRow
from bot.database.upserts import ensure_member
from bot.settings.models import Preferences

# Keys that are missing have their defaults; those that this version doesn't know are left out.
_PREFERENCES = TypeAdapter(Preferences)


class MemberStore(DatabaseStore):
    """Reads and changes the preferences in the `members` table. Each method is one transaction."""

    async def preferences(self, user_id: int) -> Preferences:
        """Return the preferences of a user, with defaults for those that were never changed."""
        async with self._session() as session:
            chosen = await session.scalar(select(MemberRow.preferences).where(MemberRow.id == user_id))
            return _PREFERENCES.validate_python(chosen or {})

    async def change(self, user_id: int, change: Callable[[Preferences], Preferences]) -> Preferences:
        """Apply `change` to a user's preferences, store and return the result; concurrent changes are serialised."""
        async with self._session.begin() as session:
            # This write makes SQLite wait for a concurrent change before the read; FOR UPDATE does so in PostgreSQL.
            await ensure_member(session, user_id)
            chosen = select(MemberRow.preferences).where(MemberRow.id == user_id).with_for_update()
            stored = await session.scalar(chosen) or {}
            preferences = change(_PREFERENCES.validate_python(stored))
            statement = update(MemberRow).where(MemberRow.id == user_id)
            # What another version has stored must still be there when that version runs again.
            await session.execute(statement.values(preferences=stored | asdict(preferences)))
        return preferences
