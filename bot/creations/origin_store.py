"""Where pictures come from, and the one condition of every query that finds pictures for people."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, false, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.core.audience import Audience, Origin
from bot.core.message_ref import MessageRef
from bot.creations.models import Creation
from bot.database.store import DatabaseStore
from bot.database.tables import CreationRow, JobRow, JobSourceRow, MemberRow, OriginRow, is_shown
from bot.database.upserts import insert_if_absent


class OriginStore(DatabaseStore):
    """The origins of pictures. Each method is one transaction."""

    async def may_see(self, audience: Audience, creations: Collection[Creation]) -> bool:
        """Return whether an audience may see all of some pictures, those that were removed too."""
        async with self._session() as session:
            origins = await _origins(session, {each.origin_id for each in creations})
        return all(
            each.origin_id in origins and audience.may_see(origins[each.origin_id], each.user_id) for each in creations
        )

    async def channels(self) -> set[tuple[int, int]]:
        """Return guild and id of every channel that an origin names."""
        async with self._session() as session:
            rows = await session.scalars(select(OriginRow))
            return {(row.guild_id, channel) for row in rows for channel in _origin(row).channels}

    async def replace_channel(self, guild_id: int, channel_id: int, new_id: int) -> None:
        """Put another channel in the place of one, in every origin of a gallery.

        The old origins stay: what another transaction adds at this moment may name them.
        """
        async with self._session.begin() as session:
            for row in list(await session.scalars(select(OriginRow).where(OriginRow.guild_id == guild_id))):
                origin = _origin(row)
                if channel_id not in origin.channels:
                    continue
                channels = origin.channels - {channel_id} | {new_id}
                new = await _id_of(session, guild_id, replace(origin, channels=channels))
                for table in (CreationRow, JobRow):
                    named = update(table).where(table.guild_id == guild_id, table.origin_id == row.id)
                    await session.execute(named.values(origin_id=new))


async def joined_origin(session: AsyncSession, place: MessageRef, sources: Sequence[CreationRow]) -> int:
    """Return the id of the origin of what is made in a place from these pictures: it may go where all of them may."""
    here = place.origin or Origin(frozenset({place.channel_id}), is_recorded=False)
    origins = await _origins(session, {row.origin_id or 0 for row in sources})
    return await _id_of(session, place.guild_id, here.joined(origins.values()))


async def _id_of(session: AsyncSession, guild_id: int, origin: Origin) -> int:
    channels = ",".join(map(str, sorted(origin.channels)))
    row = OriginRow(
        guild_id=guild_id, channels=channels, is_restricted=origin.is_restricted, is_recorded=origin.is_recorded
    )
    await insert_if_absent(session, row)
    is_this = (
        OriginRow.guild_id == guild_id,
        OriginRow.channels == channels,
        OriginRow.is_restricted.is_(origin.is_restricted),
        OriginRow.is_recorded.is_(origin.is_recorded),
    )
    return (await session.scalars(select(OriginRow.id).where(*is_this))).one()


async def visible(session: AsyncSession, guild_id: int, audience: Audience) -> ColumnElement[bool]:
    """Return the condition under which an audience may see a picture of a gallery."""
    return is_shown() & await in_view(session, guild_id, audience)


async def in_view(session: AsyncSession, guild_id: int, audience: Audience) -> ColumnElement[bool]:
    """Return the condition under which a picture of a gallery is an audience's to see, also after it was removed.

    A gallery has few origins, so `Audience.may_see` is asked about each of them, and SQL compares ids.
    """
    rows = await session.scalars(select(OriginRow).where(OriginRow.guild_id == guild_id))
    origins = {row.id: _origin(row) for row in rows}
    everybodys = [number for number, origin in origins.items() if audience.may_see(origin, maker_id=0)]
    condition = CreationRow.origin_id.in_(everybodys) if everybodys else false()
    if audience.user_id:
        own = [number for number, origin in origins.items() if audience.may_see(origin, maker_id=audience.user_id)]
        more = set(own).difference(everybodys)
        condition |= (CreationRow.user_id == audience.user_id) & CreationRow.origin_id.in_(more) if more else false()
    if audience.is_outside:
        # Left out is what Discord hides until it is pressed, and what its maker doesn't want outside Discord.
        stays_inside = MemberRow.preferences["web"].as_boolean().is_(False)
        is_kept_inside = select(MemberRow.id).where(MemberRow.id == CreationRow.user_id, stays_inside)
        source = aliased(CreationRow)
        is_made_from_such = (
            select(source.id)
            .join(JobSourceRow, JobSourceRow.creation_id == source.id)
            .join(MemberRow, (MemberRow.id == source.user_id) & stays_inside)
            .where(JobSourceRow.job_id == CreationRow.job_id)
        )
        condition &= ~CreationRow.is_spoiler & ~is_kept_inside.exists() & ~is_made_from_such.exists()
    return condition


async def sees_all(session: AsyncSession, guild_id: int, audience: Audience) -> bool:
    """Return whether an audience may see the pictures of all origins of a gallery."""
    rows = await session.scalars(select(OriginRow).where(OriginRow.guild_id == guild_id))
    return all(audience.may_see(_origin(row), maker_id=0) for row in rows)


async def _origins(session: AsyncSession, origin_ids: Collection[int]) -> dict[int, Origin]:
    rows = await session.scalars(select(OriginRow).where(OriginRow.id.in_(origin_ids)))
    return {row.id: _origin(row) for row in rows}


def _origin(row: OriginRow) -> Origin:
    return Origin(frozenset(map(int, filter(None, row.channels.split(",")))), row.is_restricted, row.is_recorded)
