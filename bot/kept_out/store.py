"""Storage of the fingerprints of kept-out pictures. Each method is one transaction."""

from typing import Any

from sqlalchemy import delete, select

from bot.core.clock import now
from bot.database.store import DatabaseStore
from bot.database.tables import KeptOutRow
from bot.database.upserts import ensure_guild
from bot.imaging.phash import Fingerprint
from bot.kept_out.models import KeptOut


class KeptOutStore(DatabaseStore):
    """The lists of kept-out pictures of all servers."""

    async def add(self, guild_id: int, creation_id: int, fingerprint: Fingerprint, by: int) -> None:
        """Add a picture to a guild's list, unless one with exactly the same pixels is on it already."""
        same = select(KeptOutRow.id).where(KeptOutRow.guild_id == guild_id, KeptOutRow.pixels == fingerprint.pixels)
        row = KeptOutRow(
            guild_id=guild_id,
            creation_id=creation_id,
            pixels=fingerprint.pixels,
            phash=fingerprint.looks,
            by=by,
            created_at=now(),
        )
        async with self._session.begin() as session:
            await ensure_guild(session, guild_id)
            if await session.scalar(same.limit(1)) is None:
                session.add(row)

    async def of_guild(self, guild_id: int) -> list[KeptOut]:
        """Return the pictures kept out of a guild, the newest first."""
        query = select(KeptOutRow).where(KeptOutRow.guild_id == guild_id).order_by(KeptOutRow.id.desc())
        async with self._session() as session:
            return [_kept_out(row) for row in await session.scalars(query)]

    async def remove(self, guild_id: int, kept_out_id: int) -> bool:
        """Delete a picture from a guild's list; return False if it was not on it."""
        async with self._session.begin() as session:
            is_it = (KeptOutRow.guild_id == guild_id, KeptOutRow.id == kept_out_id)
            result: Any = await session.execute(delete(KeptOutRow).where(*is_it))
            return result.rowcount == 1


def _kept_out(row: KeptOutRow) -> KeptOut:
    return KeptOut(row.id, row.creation_id, Fingerprint(row.pixels, row.phash), row.by, row.created_at)
