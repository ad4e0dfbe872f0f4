"""Queries for the export and deletion of a member's data; see `bot.database.named_columns`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, literal, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.core.clock import now
from bot.database.named_columns import GIVEN, KEPT, NAMED, NO_FILES, NOBODY
from bot.database.store import DatabaseStore
from bot.database.tables import (
    Base,
    BlockRow,
    CaseRow,
    ChallengeRow,
    CreationRow,
    CritiqueRow,
    DraftRow,
    FavouriteRow,
    GuildRow,
    JobRow,
    JobSourceRow,
    LeftoverRow,
    MemberRow,
    OriginRow,
    PermitRow,
    PromptVectorRow,
    ShowingRow,
    StyleRow,
)
from bot.database.upserts import ensure_member, insert_if_absent


@dataclass(frozen=True, slots=True)
class Copy:
    """A job's or draft's input file whose parent is another member's picture.

    It is a copy of that picture, or a picture that was uploaded in its place. `parent_key` is the file of the parent,
    empty if that was removed.
    """

    key: str
    parent_key: str


class PrivacyStore(DatabaseStore):
    """Reads and deletes everything about one member, in all servers."""

    async def everything(self, user_id: int) -> dict[str, list[dict[str, Any]]]:
        """Return all rows with a member's id, by table name, limited to the columns in GIVEN."""
        columns: dict[type[Base], list[str]] = {}
        for table, column in (*NAMED, *KEPT):
            columns.setdefault(table, []).append(column)
        found: dict[str, list[dict[str, Any]]] = {}
        async with self._session() as session:
            for table, names in columns.items():
                is_theirs = or_(*(getattr(table, name) == user_id for name in names))
                rows = await session.scalars(select(table).where(is_theirs))
                found[table.__tablename__] = [_exported(row, names, user_id) for row in rows]
        return found

    async def files_of(self, user_id: int) -> tuple[set[str], list[Copy]]:
        """Return the keys of a member's own files, and the files that may be copies of other members' pictures.

        Their own files are the pictures that they made, the images of their styles, and their uploads: input files that
        no other member used first and whose parent is not another member's picture.
        """
        parent = aliased(CreationRow)
        async with self._session() as session:
            keys = set(await session.scalars(select(CreationRow.file_key).where(CreationRow.user_id == user_id)))
            keys |= set(await session.scalars(select(StyleRow.image_key).where(StyleRow.user_id == user_id)))
            given: set[str] = set()
            copies: set[Copy] = set()
            for table in (JobRow, DraftRow):
                query = select(table.image_key, table.mask_key, parent.user_id, parent.file_key, parent.deleted_at)
                query = query.join(parent, parent.id == table.parent_id, isouter=True).where(table.user_id == user_id)
                for image, mask, maker, parent_key, deleted_at in await session.execute(query):
                    given.add(mask)
                    if maker in (None, user_id):
                        given.add(image)
                    else:
                        copies.add(Copy(image, "" if deleted_at else parent_key))
            canvas = select(ChallengeRow.image_key, ChallengeRow.mask_key, parent.user_id)
            canvas = canvas.join(parent, parent.id == ChallengeRow.source_id, isouter=True)
            for image, mask, maker in await session.execute(canvas.where(ChallengeRow.user_id == user_id)):
                given |= {image, mask} if maker in (None, user_id) else {mask}
            others = await _of_other_members(session, user_id, given | {each.key for each in copies})
        theirs = (keys | given) - others - {each.key for each in copies} - {""}
        return theirs | (keys - {""}), [each for each in copies if each.key not in others | keys | {""}]

    async def files_named(self, user_id: int) -> set[str]:
        """Return the keys of all files in a member's rows, including copies of other members' pictures."""
        keys: set[str] = set()
        columns = [
            *((JobRow, getattr(JobRow, name)) for name in NO_FILES),
            *((DraftRow, getattr(DraftRow, name)) for name in NO_FILES),
            *((ChallengeRow, getattr(ChallengeRow, name)) for name in ("image_key", "mask_key")),
            (StyleRow, StyleRow.image_key),
            (CreationRow, CreationRow.file_key),
        ]
        async with self._session() as session:
            for table, column in columns:
                keys |= set(await session.scalars(select(column).where(table.user_id == user_id)))
        return keys - {""}

    async def pictures(self, user_id: int) -> list[int]:
        """Return the ids of all pictures of a member that are not removed."""
        query = select(CreationRow.id).where(CreationRow.user_id == user_id, CreationRow.deleted_at.is_(None))
        async with self._session() as session:
            return list(await session.scalars(query))

    async def jobs(self, user_id: int) -> list[int]:
        """Return the ids of all jobs of a member outside their own (direct message) gallery, the newest first."""
        query = select(JobRow.id).where(JobRow.user_id == user_id, JobRow.guild_id != user_id)
        async with self._session() as session:
            return list(await session.scalars(query.order_by(JobRow.id.desc())))

    async def tokens(self, user_id: int, lifetime: timedelta) -> dict[int, tuple[str, datetime]]:
        """Return the interaction tokens of a member's jobs younger than `lifetime`, with their time, by message id."""
        query = select(JobRow.message_id, JobRow.interaction_token, JobRow.created_at)
        query = query.where(JobRow.user_id == user_id, JobRow.created_at > now() - lifetime)
        async with self._session() as session:
            return {row[0]: (row[1], row[2]) for row in await session.execute(query)}

    async def forget(self, user_id: int, moment: datetime) -> bool:
        """Delete or clear all rows of a member whose pictures are already removed; return whether a block stays.

        `moment` is the current time: blocks that have ended by then are deleted.
        """
        async with self._session.begin() as session:
            await ensure_member(session, NOBODY)
            names = await _style_names(session, user_id)
            await _record_leftover_messages(session, user_id)
            await self._forget_own_gallery(session, user_id)
            for (table, column), fate in NAMED.items():
                is_theirs = getattr(table, column) == user_id
                if fate is None:
                    await session.execute(delete(table).where(is_theirs))
                else:
                    await session.execute(update(table).where(is_theirs).values(**fate, **{column: NOBODY}))
            await _clear_style_names(session, names)
            await session.execute(delete(BlockRow).where(BlockRow.user_id == user_id, BlockRow.until <= moment))
            await session.execute(update(BlockRow).where(BlockRow.user_id == user_id).values(reason=""))
            is_blocked = await session.scalar(select(BlockRow.user_id).where(BlockRow.user_id == user_id).limit(1))
            if is_blocked is None:
                await session.execute(delete(MemberRow).where(MemberRow.id == user_id))
            else:
                await session.execute(update(MemberRow).where(MemberRow.id == user_id).values(preferences={}))
            return is_blocked is not None

    async def _forget_own_gallery(self, session: AsyncSession, user_id: int) -> None:
        """Delete the gallery of a member's direct messages; its guild id is the member's id."""
        own = select(CreationRow.id).where(CreationRow.guild_id == user_id)
        jobs = select(JobRow.id).where(JobRow.guild_id == user_id)
        await session.execute(delete(JobSourceRow).where(JobSourceRow.job_id.in_(jobs)))
        for table in (ShowingRow, FavouriteRow, PermitRow, CritiqueRow):
            await session.execute(delete(table).where(table.creation_id.in_(own)))
        for table in (CaseRow, CreationRow, JobRow, DraftRow, StyleRow, PromptVectorRow, OriginRow):
            await session.execute(delete(table).where(table.guild_id == user_id))
        await session.execute(delete(GuildRow).where(GuildRow.id == user_id))


def _exported(row: Base, names: Iterable[str], user_id: int) -> dict[str, Any]:
    """Return the exported columns of a row; `names` are the columns that may have the member's id."""
    given = [GIVEN[type(row), name] for name in names if getattr(row, name) == user_id]
    return {name: getattr(row, name) for name in dict.fromkeys(each for part in given for each in part)}


async def _of_other_members(session: AsyncSession, user_id: int, keys: Iterable[str]) -> set[str]:
    """Return those of the keys that are another member's picture, or that another member used first."""
    wanted = sorted(set(keys) - {""})
    found: set[str] = set()
    for first in range(0, len(wanted), BATCH):
        part = wanted[first : first + BATCH]
        made = select(CreationRow.file_key).where(CreationRow.user_id != user_id, CreationRow.file_key.in_(part))
        found |= set(await session.scalars(made))
        uses = union_all(*(_uses(table, name, part) for table, name in _UPLOAD_COLUMNS)).subquery()
        key, user, since = uses.c
        earliest = select(key, func.min(since).label("since")).group_by(key).subquery()
        is_first = (earliest.c.key == key) & (earliest.c.since == since)
        query = select(key).join(earliest, is_first).where(user != user_id)
        found |= set(await session.scalars(query))
    return found


# Keys per statement.
BATCH = 500
_UPLOAD_COLUMNS = [
    *((table, name) for table in (JobRow, DraftRow, ChallengeRow) for name in ("image_key", "mask_key")),
    (StyleRow, "image_key"),
]


def _uses(table: Any, name: str, keys: list[str]) -> Select[Any, Any, Any]:
    key = getattr(table, name)
    columns = (key.label("key"), table.user_id.label("user_id"), table.created_at.label("since"))
    return select(*columns).where(key.in_(keys))


async def _record_leftover_messages(session: AsyncSession, user_id: int) -> None:
    """Record messages that show deleted data and that no row will refer to any more, so that they can be cleared.

    These are the cards of cases that the member opened, and the messages of their own gallery.
    """
    cards = select(CaseRow.message_id, CaseRow.channel_id, CaseRow.guild_id)
    queries: list[Select[Any, Any, Any]] = [
        cards.where(CaseRow.by_user_id == user_id, CaseRow.message_id.is_not(None)),
        select(JobRow.message_id, JobRow.channel_id, literal(0)).where(JobRow.guild_id == user_id),
        select(ShowingRow.message_id, ShowingRow.channel_id, literal(0))
        .join(CreationRow, CreationRow.id == ShowingRow.creation_id)
        .where(CreationRow.guild_id == user_id),
    ]
    for query in queries:
        for message_id, channel_id, guild_id in (await session.execute(query)).all():
            await insert_if_absent(
                session, LeftoverRow(message_id=message_id, channel_id=channel_id, guild_id=guild_id)
            )


async def _style_names(session: AsyncSession, user_id: int) -> list[tuple[int, str]]:
    """Return guild id and name of each of a member's own styles."""
    rows = await session.execute(select(StyleRow.guild_id, StyleRow.name).where(StyleRow.user_id == user_id))
    return [(guild_id, name) for guild_id, name in rows]


async def _clear_style_names(session: AsyncSession, names: Iterable[tuple[int, str]]) -> None:
    """Clear the names of styles that no longer exist from jobs, drafts and creations, also other members'."""
    for guild_id, name in names:
        still_exists = select(StyleRow.id).where(StyleRow.guild_id == guild_id, StyleRow.name == name).exists()
        for table, empty in ((JobRow, ""), (DraftRow, ""), (CreationRow, None)):
            is_in_style = (table.guild_id == guild_id, table.style == name, ~still_exists)
            await session.execute(update(table).where(*is_in_style).values(style=empty))
