"""Queries for the pages of a gallery.

Pagination is by key, not by offset, so that pages stay correct while pictures are added and removed; see
https://use-the-index-luke.com/no-offset.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import aliased

from bot.core.audience import Audience
from bot.core.clock import now
from bot.creations.models import Kind
from bot.creations.origin_store import sees_all, visible
from bot.creations.search_index import with_words
from bot.creations.store import creation_of
from bot.database.states import ChallengeState
from bot.database.store import DatabaseStore
from bot.database.tables import ChallengeRow, CreationRow, EntryRow, FavouriteRow, StyleRow, is_shown
from bot.gallery.models import Browsing, GalleryView, Page

PAGE = 6
# KEYS of a ranking are looked up in one query; if a filter leaves fewer than FEW, the ranking is reduced to them first.
KEYS, FEW = 100, 2000


class BrowsingStore(DatabaseStore):
    """Read access to the pictures of all galleries, each query limited to an audience."""

    def __init__(self, database: AsyncEngine) -> None:
        super().__init__(database)
        self._dialect = database.dialect.name

    async def page(self, guild_id: int, browsing: Browsing, audience: Audience, *, size: int = PAGE) -> Page:
        """Return the page of at most `size` pictures that begins after, or ends before, the cursor of `browsing`.

        The view decides the order; see `ranked` for MEANING and ALIKE.
        """
        async with self._session() as session:
            query, id_column = await _base_query(session, guild_id, browsing, audience), _id_column(browsing)
        if browsing.view is GalleryView.RANDOM:
            return await self._random(query, size)
        if browsing.words:
            query, id_column = with_words(query, self._dialect, guild_id, browsing.words)
        if browsing.days:
            # `+ 0` keeps SQLite from using an index for this condition: it would sort all pictures of a year instead of
            # reading the first of the index by score.
            is_top_on_sqlite = browsing.view is GalleryView.TOP and self._dialect == "sqlite"
            compared = id_column + 0 if is_top_on_sqlite else id_column
            query = query.where(compared >= _first_since(guild_id, browsing.days))
        by_score = browsing.view is GalleryView.TOP and not browsing.words
        columns = (self._score_column(browsing), id_column) if by_score else (id_column,)
        key = tuple_(*columns)
        cursor = (browsing.score, browsing.after) if by_score else (browsing.after,)
        if browsing.after:
            query = query.where(key > cursor if browsing.backwards else key < cursor)
        order = [column.asc() if browsing.backwards else column.desc() for column in columns]
        async with self._session() as session:
            rows = list(await session.scalars(query.order_by(*order).limit(size + 1)))
        return _page(rows, browsing, size)

    async def ranked(self, guild_id: int, browsing: Browsing, audience: Audience, ranking: Sequence[int]) -> Page:
        """Return a page of pictures in the order of a ranking; pictures of the same rank have the newest first.

        `ranking` holds creation ids in the view ALIKE and prompt ids in the view MEANING, the best first.
        """
        column: Any = CreationRow.id if browsing.view is GalleryView.ALIKE else CreationRow.prompt_id
        rows: list[CreationRow] = []
        async with self._session() as session:
            filtered, cursor = await _base_query(session, guild_id, browsing, audience), None
            if browsing.after:
                cursor = await session.scalar(
                    select(column).where(CreationRow.guild_id == guild_id, CreationRow.id == browsing.after)
                )
            is_filtered = browsing.kind is not Kind.ALL or browsing.style_id or browsing.challenge_id
            if is_filtered or not await sees_all(session, guild_id, audience):
                remaining = filtered.with_only_columns(column).limit(FEW)
                few = {cursor, *await session.scalars(remaining)}
                ranking = [key for key in ranking if key in few] if len(few) < FEW else ranking
            for keys in _chunks_from(ranking, cursor, backwards=browsing.backwards):
                ranks = case({key: rank for rank, key in enumerate(keys)}, value=column)
                by_id = CreationRow.id.asc() if browsing.backwards else CreationRow.id.desc()
                query = filtered.where(column.in_(keys)).order_by(ranks, by_id)
                if browsing.days:
                    query = query.where(CreationRow.id >= _first_since(guild_id, browsing.days))
                if cursor is not None:
                    follows = CreationRow.id > browsing.after if browsing.backwards else CreationRow.id < browsing.after
                    query = query.where(or_(column != cursor, follows))
                rows += await session.scalars(query.limit(PAGE + 1 - len(rows)))
                if len(rows) > PAGE:
                    break
        return _page(rows, browsing)

    def _score_column(self, browsing: Browsing) -> Any:
        """Return the score column, on SQLite without its index if a challenge is shown.

        With the index SQLite would scan the whole gallery by score to find the few entries.
        """
        return CreationRow.score + 0 if browsing.challenge_id and self._dialect == "sqlite" else CreationRow.score

    async def _random(self, query: Select[CreationRow], size: int) -> Page:
        # Look up the primary key from random points, because ORDER BY random() would read the whole gallery.
        ids = query.with_only_columns(CreationRow.id).limit(1)
        async with self._session() as session:
            first = await session.scalar(ids.order_by(CreationRow.id.asc())) or 0
            last = await session.scalar(ids.order_by(CreationRow.id.desc())) or 0
            found: dict[int, CreationRow] = {}
            for _ in range(size if last else 0):
                point = random.randint(first, last)
                row = await session.scalar(query.where(CreationRow.id >= point).order_by(CreationRow.id).limit(1))
                if row:
                    found[row.id] = row
        return Page(tuple(creation_of(row) for row in found.values()), has_newer=False, has_older=False)


def _id_column(browsing: Browsing) -> Any:
    """Return the column of creation ids by which the index of the view is sorted."""
    return FavouriteRow.creation_id if browsing.view is GalleryView.FAVOURITES else CreationRow.id


def _page(rows: Sequence[CreationRow], browsing: Browsing, size: int = PAGE) -> Page:
    """Build a page from up to `size` + 1 rows in reading direction; the extra row means that another page follows."""
    has_more = len(rows) > size
    found = [creation_of(row) for row in rows[:size]]
    if browsing.backwards:
        return Page(tuple(reversed(found)), has_newer=has_more, has_older=True)
    return Page(tuple(found), has_newer=browsing.after > 0, has_older=has_more)


def _chunks_from(ranking: Sequence[int], cursor: int | None, *, backwards: bool) -> Iterator[Sequence[int]]:
    """Yield the keys of a ranking in chunks, from `cursor` on in reading direction.

    A cursor that is no longer in the ranking counts as its end; None begins with the first key.
    """
    remaining = ranking
    if cursor is not None:
        rank = ranking.index(cursor) if cursor in ranking else len(ranking)
        remaining = ranking[rank::-1] if backwards else ranking[rank:]
    for start in range(0, len(remaining), KEYS):
        yield remaining[start : start + KEYS]


def _first_since(guild_id: int, days: int) -> Any:
    """Return a subquery for the id of the oldest picture of the last `days` days.

    Ids ascend with time, and unlike `created_at` they are in every index.
    """
    is_recent = (CreationRow.guild_id == guild_id, CreationRow.created_at > now() - timedelta(days=days))
    return select(CreationRow.id).where(*is_recent).order_by(CreationRow.created_at).limit(1).scalar_subquery()


async def _base_query(
    session: AsyncSession, guild_id: int, browsing: Browsing, audience: Audience
) -> Select[CreationRow]:
    conditions = [CreationRow.guild_id == guild_id, await visible(session, guild_id, audience)]
    query = select(CreationRow)
    if browsing.view is GalleryView.FAVOURITES:
        query = query.join(FavouriteRow, FavouriteRow.creation_id == CreationRow.id)
        conditions.append(FavouriteRow.user_id == browsing.user_id)
    elif browsing.user_id:
        conditions.append(CreationRow.user_id == browsing.user_id)
    if browsing.challenge_id:
        conditions.append(CreationRow.id.in_(_entries_of(browsing.challenge_id)))
    if browsing.style_id:
        style_name = select(StyleRow.name).where(StyleRow.guild_id == guild_id, StyleRow.id == browsing.style_id)
        conditions.append(CreationRow.style == style_name.scalar_subquery())
    if browsing.view is GalleryView.TOP:
        conditions.append(is_first_of_message())
    if browsing.kind is not Kind.ALL:
        conditions.append(CreationRow.kind == browsing.kind)
    return query.where(*conditions)


def _entries_of(challenge_id: int) -> Select[int]:
    """Return a query for the pictures entered in a challenge: none before it is closed, because voting is blind."""
    is_closed = (ChallengeRow.id == EntryRow.challenge_id) & (ChallengeRow.state == ChallengeState.CLOSED)
    query = select(EntryRow.creation_id).join(ChallengeRow, is_closed)
    return query.where(EntryRow.challenge_id == challenge_id, EntryRow.disqualified == "")


def is_first_of_message() -> ColumnElement[bool]:
    """Return the condition that a picture is the first shown one of its job, whose pictures share one score."""
    other = aliased(CreationRow)
    earlier = select(other.id).where(other.job_id == CreationRow.job_id, other.id < CreationRow.id, is_shown(other))
    return ~earlier.exists()
