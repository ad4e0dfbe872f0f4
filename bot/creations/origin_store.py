"""Storage of the origins of pictures, and the SQL condition for the pictures that an audience may see.

Every query that finds pictures for people has to use `visible`; see `bot.core.audience`.
"""

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
    """The origins of pictures; each method is one transaction."""

    async def may_see(self, audience: Audience, creations: Collection[Creation]) -> bool:
        """Return whether an audience may see all of the pictures; removed and held ones are judged by origin too."""
        async with self._session() as session:
            origins = await _origins(session, {each.origin_id for each in creations})
        return all(
            each.origin_id in origins and audience.may_see(origins[each.origin_id], each.user_id) for each in creations
        )

    async def channels(self) -> set[tuple[int, int]]:
        """Return the (guild id, channel id) pair of every channel in an origin."""
        async with self._session() as session:
            rows = await session.scalars(select(OriginRow))
            return {(row.guild_id, channel) for row in rows for channel in _origin(row).channels}

    async def replace_channel(self, guild_id: int, channel_id: int, new_id: int) -> None:
        """Replace a channel by another one in the origins of all pictures and jobs of a guild.

        The rows of the old origins stay, because a concurrent transaction may be adding a picture with one of them.
        """
        async with self._session.begin() as session:
            for row in list(await session.scalars(select(OriginRow).where(OriginRow.guild_id == guild_id))):
                origin = _origin(row)
                if channel_id not in origin.channels:
                    continue
                channels = origin.channels - {channel_id} | {new_id}
                new_origin_id = await _ensure_origin(session, guild_id, replace(origin, channels=channels))
                for table in (CreationRow, JobRow):
                    statement = update(table).where(table.guild_id == guild_id, table.origin_id == row.id)
                    await session.execute(statement.values(origin_id=new_origin_id))


async def joined_origin(session: AsyncSession, place: MessageRef, sources: Sequence[CreationRow]) -> int:
    """Return the id of the origin of a job at `place` that is made from these pictures; add the row if it is new.

    The origin joins the channel of `place` with those of all sources: the result may be shown only where all of them
    may.
    """
    here = place.origin or Origin(frozenset({place.channel_id}), is_recorded=False)
    origins = await _origins(session, {row.origin_id or 0 for row in sources})
    return await _ensure_origin(session, place.guild_id, here.joined(origins.values()))


async def _ensure_origin(session: AsyncSession, guild_id: int, origin: Origin) -> int:
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
    """Return the SQL condition for the shown pictures of a guild that an audience may see."""
    return is_shown() & await in_view(session, guild_id, audience)


async def in_view(session: AsyncSession, guild_id: int, audience: Audience) -> ColumnElement[bool]:
    """Return the SQL condition for the pictures of a guild that an audience may see, removed and held ones included.

    A gallery has few origins, so `Audience.may_see` decides about each of them in Python, and SQL compares their ids.
    """
    rows = await session.scalars(select(OriginRow).where(OriginRow.guild_id == guild_id))
    origins = {row.id: _origin(row) for row in rows}
    for_everyone = [number for number, origin in origins.items() if audience.may_see(origin, maker_id=0)]
    condition = CreationRow.origin_id.in_(for_everyone) if for_everyone else false()
    if audience.user_id:
        own = [number for number, origin in origins.items() if audience.may_see(origin, maker_id=audience.user_id)]
        only_own = set(own).difference(for_everyone)
        is_own = CreationRow.user_id == audience.user_id
        condition |= is_own & CreationRow.origin_id.in_(only_own) if only_own else false()
    if audience.is_outside:
        # Exclude spoilers, which a page can't hide as Discord does, and pictures whose maker, or the maker of one of
        # their sources, doesn't want them shown outside Discord.
        stays_inside = MemberRow.preferences["web"].as_boolean().is_(False)
        is_kept_inside = select(MemberRow.id).where(MemberRow.id == CreationRow.user_id, stays_inside)
        source = aliased(CreationRow)
        has_such_source = (
            select(source.id)
            .join(JobSourceRow, JobSourceRow.creation_id == source.id)
            .join(MemberRow, (MemberRow.id == source.user_id) & stays_inside)
            .where(JobSourceRow.job_id == CreationRow.job_id)
        )
        condition &= ~CreationRow.is_spoiler & ~is_kept_inside.exists() & ~has_such_source.exists()
    return condition


async def sees_all(session: AsyncSession, guild_id: int, audience: Audience) -> bool:
    """Return whether an audience may see the pictures with any origin of a guild, by any maker."""
    rows = await session.scalars(select(OriginRow).where(OriginRow.guild_id == guild_id))
    return all(audience.may_see(_origin(row), maker_id=0) for row in rows)


async def _origins(session: AsyncSession, origin_ids: Collection[int]) -> dict[int, Origin]:
    rows = await session.scalars(select(OriginRow).where(OriginRow.id.in_(origin_ids)))
    return {row.id: _origin(row) for row in rows}


def _origin(row: OriginRow) -> Origin:
    return Origin(frozenset(map(int, filter(None, row.channels.split(",")))), row.is_restricted, row.is_recorded)
