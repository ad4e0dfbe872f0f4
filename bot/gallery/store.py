"""Going through a gallery, page by page.

Pages go on from a picture, not from a number (keyset paging), so that they stay right while pictures come and go; see
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
# As many keys of a ranking are looked up in one query; where a filter leaves fewer than so many, those alone.
KEYS, FEW = 100, 2000


class BrowsingStore(DatabaseStore):
    """The galleries, for whoever looks through them."""

    def __init__(self, database: AsyncEngine) -> None:
        super().__init__(database)
        self._dialect = database.dialect.name

    async def page(self, guild_id: int, browsing: Browsing, audience: Audience, *, size: int = PAGE) -> Page:
        """Return the pictures after the one where a member stands, or before it, and whether there are more."""
        async with self._session() as session:
            query, number = await _wanted(session, guild_id, browsing, audience), _number(browsing)
        if browsing.view is GalleryView.RANDOM:
            return await self._random(query, size)
        if browsing.words:
            query, number = with_words(query, self._dialect, guild_id, browsing.words)
        if browsing.days:
            # SQLite would put the pictures of a year in order rather than read the best; a sum it can't look up.
            named = number + 0 if browsing.view is GalleryView.TOP and self._dialect == "sqlite" else number
            query = query.where(named >= _first_since(guild_id, browsing.days))
        by_score = browsing.view is GalleryView.TOP and not browsing.words
        columns = (self._score(browsing), number) if by_score else (number,)
        key = tuple_(*columns)
        here = (browsing.score, browsing.after) if by_score else (browsing.after,)
        if browsing.after:
            query = query.where(key > here if browsing.backwards else key < here)
        order = [column.asc() if browsing.backwards else column.desc() for column in columns]
        async with self._session() as session:
            rows = list(await session.scalars(query.order_by(*order).limit(size + 1)))
        return _page(rows, browsing, size)

    async def ranked(self, guild_id: int, browsing: Browsing, audience: Audience, ranking: Sequence[int]) -> Page:
        """Return a page of pictures in the order of a ranking, the newest first where they have the same place.

        A ranking is of pictures' own ids where they shall look alike, and of the ids of their prompts where they shall
        mean something.
        """
        column: Any = CreationRow.id if browsing.view is GalleryView.ALIKE else CreationRow.prompt_id
        rows: list[CreationRow] = []
        async with self._session() as session:
            wanted, here = await _wanted(session, guild_id, browsing, audience), None
            if browsing.after:
                here = await session.scalar(
                    select(column).where(CreationRow.guild_id == guild_id, CreationRow.id == browsing.after)
                )
            is_filtered = browsing.kind is not Kind.ALL or browsing.style_id or browsing.challenge_id
            if is_filtered or not await sees_all(session, guild_id, audience):
                left = wanted.with_only_columns(column).limit(FEW)
                few = {here, *await session.scalars(left)}
                ranking = [key for key in ranking if key in few] if len(few) < FEW else ranking
            for keys in _onwards(ranking, here, backwards=browsing.backwards):
                places = case({key: place for place, key in enumerate(keys)}, value=column)
                by_id = CreationRow.id.asc() if browsing.backwards else CreationRow.id.desc()
                query = wanted.where(column.in_(keys)).order_by(places, by_id)
                if browsing.days:
                    query = query.where(CreationRow.id >= _first_since(guild_id, browsing.days))
                if here is not None:
                    beyond = CreationRow.id > browsing.after if browsing.backwards else CreationRow.id < browsing.after
                    query = query.where(or_(column != here, beyond))
                rows += await session.scalars(query.limit(PAGE + 1 - len(rows)))
                if len(rows) > PAGE:
                    break
        return _page(rows, browsing)

    def _score(self, browsing: Browsing) -> Any:
        """Return the column of scores; SQLite would go through a whole gallery in their order to find some entries."""
        return CreationRow.score + 0 if browsing.challenge_id and self._dialect == "sqlite" else CreationRow.score

    async def _random(self, query: Select[CreationRow], size: int) -> Page:
        # The primary key is walked from a point by chance, because ordering by chance would read the whole gallery.
        numbers = query.with_only_columns(CreationRow.id).limit(1)
        async with self._session() as session:
            first = await session.scalar(numbers.order_by(CreationRow.id.asc())) or 0
            last = await session.scalar(numbers.order_by(CreationRow.id.desc())) or 0
            chosen: dict[int, CreationRow] = {}
            for _ in range(size if last else 0):
                point = random.randint(first, last)
                row = await session.scalar(query.where(CreationRow.id >= point).order_by(CreationRow.id).limit(1))
                if row:
                    chosen[row.id] = row
        return Page(tuple(creation_of(row) for row in chosen.values()), has_newer=False, has_older=False)


def _number(browsing: Browsing) -> Any:
    """Return the column of the pictures' ids in which the index of a view is in order."""
    return FavouriteRow.creation_id if browsing.view is GalleryView.FAVOURITES else CreationRow.id


def _page(rows: Sequence[CreationRow], browsing: Browsing, size: int = PAGE) -> Page:
    """Return the page of rows that were read in the way in which it is turned, one more than it has where there is."""
    more = len(rows) > size
    found = [creation_of(row) for row in rows[:size]]
    if browsing.backwards:
        return Page(tuple(reversed(found)), has_newer=more, has_older=True)
    return Page(tuple(found), has_newer=browsing.after > 0, has_older=more)


def _onwards(ranking: Sequence[int], here: int | None, *, backwards: bool) -> Iterator[Sequence[int]]:
    """Yield the keys of a ranking from one of them on, some at a time; what is no longer in it was at its end."""
    way = ranking
    if here is not None:
        place = ranking.index(here) if here in ranking else len(ranking)
        way = ranking[place::-1] if backwards else ranking[place:]
    for start in range(0, len(way), KEYS):
        yield way[start : start + KEYS]


def _first_since(guild_id: int, days: int) -> Any:
    """Return the id of the first picture of the last days: ids are in the order of time, and every index has them."""
    of_them = (CreationRow.guild_id == guild_id, CreationRow.created_at > now() - timedelta(days=days))
    return select(CreationRow.id).where(*of_them).order_by(CreationRow.created_at).limit(1).scalar_subquery()


async def _wanted(session: AsyncSession, guild_id: int, browsing: Browsing, audience: Audience) -> Select[CreationRow]:
    conditions = [CreationRow.guild_id == guild_id, await visible(session, guild_id, audience)]
    query = select(CreationRow)
    if browsing.view is GalleryView.FAVOURITES:
        query = query.join(FavouriteRow, FavouriteRow.creation_id == CreationRow.id)
        conditions.append(FavouriteRow.user_id == browsing.user_id)
    elif browsing.user_id:
        conditions.append(CreationRow.user_id == browsing.user_id)
    if browsing.challenge_id:
        conditions.append(CreationRow.id.in_(_entered(browsing.challenge_id)))
    if browsing.style_id:
        named = select(StyleRow.name).where(StyleRow.guild_id == guild_id, StyleRow.id == browsing.style_id)
        conditions.append(CreationRow.style == named.scalar_subquery())
    if browsing.view is GalleryView.TOP:
        conditions.append(is_first_of_message())
    if browsing.kind is not Kind.ALL:
        conditions.append(CreationRow.kind == browsing.kind)
    return query.where(*conditions)


def _entered(challenge_id: int) -> Select[int]:
    """Return the pictures in a challenge; the voting is blind, so before it is over there are none for anybody."""
    is_over = (ChallengeRow.id == EntryRow.challenge_id) & (ChallengeRow.state == ChallengeState.CLOSED)
    query = select(EntryRow.creation_id).join(ChallengeRow, is_over)
    return query.where(EntryRow.challenge_id == challenge_id, EntryRow.disqualified == "")


def is_first_of_message() -> ColumnElement[bool]:
    """Return the condition of being the first of the pictures of one message, which share their score."""
    other = aliased(CreationRow)
    earlier = select(other.id).where(other.job_id == CreationRow.job_id, other.id < CreationRow.id, is_shown(other))
    return ~earlier.exists()
