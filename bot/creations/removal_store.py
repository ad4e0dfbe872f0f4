"""Removal of pictures from all tables, and the messages and files that this leaves."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.core.clock import now
from bot.creations.models import Creation
from bot.creations.prompt_vectors import drop_vectors
from bot.creations.search_index import forget_words
from bot.creations.store import creation_of
from bot.database.states import RUNNING, UNFINISHED
from bot.database.store import DatabaseStore
from bot.database.tables import (
    OUTDATED,
    CaseRow,
    ChallengeRow,
    CreationRow,
    DraftRow,
    EntryRow,
    FavouriteRow,
    JobRow,
    JobSourceRow,
    LeftoverRow,
    PermitRow,
    PromptVectorRow,
    ShowcaseRow,
    ShowingRow,
    StyleRow,
)

# Pictures or keys per statement, because databases limit the number of bound values.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Left:
    """A message that still shows a removed picture, or other content that was deleted.

    `guild_id` is 0 in direct messages. `shows_picture` is whether it shows a picture.
    """

    message_id: int
    channel_id: int
    guild_id: int
    shows_picture: bool


class RemovalStore(DatabaseStore):
    """Removed pictures, the files that only they used, and the messages that show them.

    Each method is one transaction, except `files_left_by`.
    """

    async def remove(self, creation_ids: Sequence[int]) -> list[Creation]:
        """Mark pictures as removed and return those that were not removed before.

        Drafts, favourites, permits, words and vectors of them are deleted. Their jobs are marked as undelivered, their
        challenges as not shown, and the cards of their cases and showcases as outdated, so that the messages are edited
        even after a crash.
        """
        async with self._session.begin() as session:
            query = select(CreationRow).where(CreationRow.id.in_(creation_ids), CreationRow.deleted_at.is_(None))
            rows = list(await session.scalars(query))
            ids = [row.id for row in rows]
            await session.execute(update(CreationRow).where(CreationRow.id.in_(ids)).values(deleted_at=now()))
            jobs = JobRow.id.in_([row.job_id for row in rows])
            await session.execute(update(JobRow).where(jobs).values(delivered_at=None))
            shown = ShowcaseRow.job_id.in_([row.job_id for row in rows])
            await session.execute(update(ShowcaseRow).where(shown).values(shown_score=OUTDATED))
            entered = select(EntryRow.challenge_id).where(EntryRow.creation_id.in_(ids))
            shows = ChallengeRow.id.in_(entered) | ChallengeRow.source_id.in_(ids)
            await session.execute(update(ChallengeRow).where(shows).values(shown_state=None))
            cards = (CaseRow.creation_id.in_(ids), CaseRow.message_id.is_not(None))
            await session.execute(update(CaseRow).where(*cards).values(is_outdated=True))
            await _delete_drafts(session, rows)
            for table in (FavouriteRow, PermitRow):
                await session.execute(delete(table).where(table.creation_id.in_(ids)))
            await forget_words(session, ids)
            await drop_vectors(session, PromptVectorRow.id.in_({row.prompt_id for row in rows if row.prompt_id}))
        return [creation_of(row) for row in rows]

    async def pictures_of(self, guild_id: int, user_id: int, since: datetime | None = None) -> list[int]:
        """Return the ids of a member's pictures in a guild, made at `since` or later, the newest first.

        Held pictures are included, removed ones are not.
        """
        conditions = [
            CreationRow.guild_id == guild_id,
            CreationRow.user_id == user_id,
            CreationRow.deleted_at.is_(None),
        ]
        if since:
            conditions.append(CreationRow.created_at >= since)
        query = select(CreationRow.id).where(*conditions).order_by(CreationRow.id.desc())
        async with self._session() as session:
            return list(await session.scalars(query))

    async def with_files(self, most: int) -> list[Creation]:
        """Return up to `most` removed pictures whose files may not have been deleted yet."""
        query = select(CreationRow).where(CreationRow.deleted_at.is_not(None), CreationRow.file_key != "").limit(most)
        async with self._session() as session:
            return [creation_of(row) for row in await session.scalars(query)]

    async def let_go_of_files(self, creations: Sequence[Creation]) -> None:
        """Record that the files of removed pictures were deleted, by clearing their keys."""
        ids = [each.id for each in creations]
        async with self._session.begin() as session:
            await session.execute(update(CreationRow).where(CreationRow.id.in_(ids)).values(file_key=""))

    async def files_left_by(self, creations: Sequence[Creation]) -> Set[str]:
        """Return the keys of the files that nothing needs any longer once these pictures are removed.

        Candidates are the files of the pictures, the inputs of their jobs, and copies of them: inputs of jobs made from
        them, pictures of styles, and canvases of challenges.
        """
        ids, jobs = [each.id for each in creations], [each.job_id for each in creations]
        columns = (JobRow.image_key, JobRow.mask_key, JobRow.style_key)
        made_from = select(JobSourceRow.job_id).where(JobSourceRow.creation_id.in_(ids), JobSourceRow.is_direct)
        query = select(*columns).where(or_(JobRow.id.in_(jobs), JobRow.id.in_(made_from)))
        styles = select(StyleRow.image_key).where(StyleRow.source_id.in_(ids))
        canvases = select(ChallengeRow.image_key, ChallengeRow.mask_key).where(ChallengeRow.source_id.in_(ids))
        async with self._session() as session:
            keys = {each.file_key for each in creations}.union(*map(tuple, await session.execute(query)))
            keys = keys.union(*map(tuple, await session.execute(canvases)))
            keys |= set(await session.scalars(styles))
        return await self.unnamed(keys)

    async def unnamed(self, keys: Set[str]) -> Set[str]:
        """Return the keys, except empty ones, that no row needs."""
        ordered, needed = sorted(keys), {""}
        async with self._session() as session:
            for first in range(0, len(ordered), BATCH):
                needed |= await _needed_keys(session, ordered[first : first + BATCH])
        return keys - needed

    async def older_than(self, guild_id: int, moment: datetime) -> list[int]:
        """Return the ids of a guild's pictures made before `moment`, without those that have to be kept.

        Kept are all members' favourites, and entries to challenges that are planned, open or voting. Removed pictures
        are not included.
        """
        entered = (
            select(EntryRow.creation_id)
            .join(ChallengeRow, ChallengeRow.id == EntryRow.challenge_id)
            .where(ChallengeRow.state.in_(RUNNING))
        )
        query = select(CreationRow.id).where(
            CreationRow.guild_id == guild_id,
            CreationRow.created_at < moment,
            CreationRow.deleted_at.is_(None),
            CreationRow.id.not_in(select(FavouriteRow.creation_id)),
            CreationRow.id.not_in(entered),
        )
        async with self._session() as session:
            return list(await session.scalars(query))

    async def take_note(self, message_id: int, channel_id: int, creation_id: int) -> None:
        """Record a message, beside that of its job, that shows a picture."""
        async with self._session.begin() as session:
            await session.merge(ShowingRow(message_id=message_id, channel_id=channel_id, creation_id=creation_id))

    async def left(self) -> list[Left]:
        """Return the messages to be cleared: those that show removed pictures, and leftovers of deleted rows."""
        # The gallery of direct messages has its member's id, and no server has that id.
        guild_id = case((CreationRow.guild_id == CreationRow.user_id, 0), else_=CreationRow.guild_id)
        shown = select(ShowingRow, guild_id).join(CreationRow, CreationRow.id == ShowingRow.creation_id)
        async with self._session() as session:
            showings = await session.execute(shown.where(CreationRow.deleted_at.is_not(None)))
            found = [Left(row.message_id, row.channel_id, guild, shows_picture=True) for row, guild in showings]
            leftovers = await session.scalars(select(LeftoverRow))
            found += [Left(row.message_id, row.channel_id, row.guild_id, shows_picture=False) for row in leftovers]
            return found

    async def forget(self, left: Left) -> None:
        """Delete the records of a message that has been cleared or is gone."""
        async with self._session.begin() as session:
            for table in (ShowingRow, LeftoverRow):
                await session.execute(delete(table).where(table.message_id == left.message_id))


async def _delete_drafts(session: AsyncSession, rows: Sequence[CreationRow]) -> None:
    """Delete the drafts that have one of the pictures as parent, source, input picture or style picture."""
    ids, keys = {row.id for row in rows}, {(row.guild_id, row.file_key) for row in rows}
    query = select(DraftRow).where(DraftRow.guild_id.in_({row.guild_id for row in rows}))
    # Drafts expire after a day, so there are few. Comparing in Python avoids JSON operators that differ by database.
    drafts = [
        row.id
        for row in await session.scalars(query)
        if ids & {row.parent_id, *row.source_ids}
        or keys & {(row.guild_id, key) for key in (row.image_key, row.style_key)}
    ]
    await session.execute(delete(DraftRow).where(DraftRow.id.in_(drafts)))


async def _needed_keys(session: AsyncSession, keys: Iterable[str]) -> set[str]:
    """Return the keys that a row still needs."""
    source, result = aliased(CreationRow), aliased(CreationRow)
    is_needed = or_(
        JobRow.status.in_(UNFINISHED),
        select(result.id).where(result.job_id == JobRow.id, result.deleted_at.is_(None)).exists(),
    )
    # The input file of a job may be a copy of its source or, in a reroll, an upload by the source's maker. Neither may
    # outlive a removed source.
    canvas = select(ChallengeRow.id).where(
        ChallengeRow.source_id == source.id, ChallengeRow.image_key == JobRow.image_key
    )
    is_from_source = (source.id == JobRow.parent_id) | (source.user_id != JobRow.user_id) | canvas.exists()
    sources = select(source.id).join(JobSourceRow, (JobSourceRow.creation_id == source.id) & JobSourceRow.is_direct)
    is_copy = sources.where(JobSourceRow.job_id == JobRow.id, source.deleted_at.is_not(None), is_from_source).exists()
    is_removed_style, is_removed_canvas = [
        select(source.id).where(source.id == source_id, source.deleted_at.is_not(None)).exists()
        for source_id in (StyleRow.source_id, ChallengeRow.source_id)
    ]
    needed: list[tuple[Any, ColumnElement[bool]]] = [
        (CreationRow.file_key, CreationRow.deleted_at.is_(None)),
        (JobRow.image_key, is_needed & ~is_copy),
        (JobRow.mask_key, is_needed),
        (JobRow.style_key, is_needed & ~is_copy),
        *((getattr(DraftRow, name), DraftRow.id > 0) for name in ("image_key", "mask_key", "style_key")),
        *((getattr(ChallengeRow, name), ~is_removed_canvas) for name in ("image_key", "mask_key")),
        (StyleRow.image_key, ~is_removed_style),
    ]
    return {
        key
        for column, condition in needed
        for key in await session.scalars(select(column).where(column.in_(keys), condition))
    }
