"""Database access for the points of members. Each method is one transaction."""

from collections import Counter
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from bot.challenges.models import points
from bot.core.audience import Audience
from bot.creations.origin_store import in_view
from bot.database.states import ChallengeState
from bot.database.store import DatabaseStore
from bot.database.tables import ChallengeRow, CreationRow, CritiqueRow, EntryRow, JobRow, is_shown
from bot.leaderboard.models import Board, Season


class LeaderboardStore(DatabaseStore):
    """Counts the points of a guild's members in a season."""

    async def points(self, guild_id: int, board: Board, season: Season, audience: Audience) -> dict[int, int]:
        """Return points by user id, counting only pictures that the audience may see.

        MAKERS: a point for each member who likes a message of the season, and those of `bot.challenges.models.points`
        for places in challenges that ended in it. REMIXED: a point for each picture that others made from theirs.
        CRITICS: a point for each critique that was marked as helpful.
        """
        queries = {Board.MAKERS: _likes, Board.REMIXED: _remixes, Board.CRITICS: _helpful_critiques}
        total: Counter[int] = Counter()
        async with self._session() as session:
            seen = await in_view(session, guild_id, audience)
            for user_id, count in await session.execute(queries[board](guild_id, season, seen)):
                total[user_id] += int(count)
            if board is Board.MAKERS:
                for user_id, place in await session.execute(_places(guild_id, season, seen)):
                    total[user_id] += points(place)
        return total


def _likes(guild_id: int, season: Season, seen: ColumnElement[bool]) -> Select[int, int]:
    # The pictures of one message share a score, which counts once.
    shown = (
        select(CreationRow.user_id, func.max(CreationRow.score).label("score"))
        .where(CreationRow.guild_id == guild_id, *_is_in(CreationRow.created_at, season), is_shown(), seen)
        .group_by(CreationRow.job_id, CreationRow.user_id)
        .subquery()
    )
    return select(shown.c.user_id, func.sum(shown.c.score)).group_by(shown.c.user_id)


def _places(guild_id: int, season: Season, seen: ColumnElement[bool]) -> Select[int, int]:
    query = select(EntryRow.user_id, EntryRow.place).join(ChallengeRow, ChallengeRow.id == EntryRow.challenge_id)
    query = query.join(CreationRow, CreationRow.id == EntryRow.creation_id).where(seen)
    is_over = ChallengeRow.state == ChallengeState.CLOSED
    return query.where(ChallengeRow.guild_id == guild_id, is_over, *_is_in(ChallengeRow.voting_ends_at, season))


def _remixes(guild_id: int, season: Season, seen: ColumnElement[bool]) -> Select[int, int]:
    parent = aliased(CreationRow)
    return (
        select(parent.user_id, func.count())
        .select_from(CreationRow)
        .join(JobRow, JobRow.id == CreationRow.job_id)
        .join(parent, parent.id == JobRow.parent_id)
        .where(CreationRow.guild_id == guild_id, *_is_in(CreationRow.created_at, season), is_shown(), seen)
        .where(parent.user_id != CreationRow.user_id)
        .group_by(parent.user_id)
    )


def _helpful_critiques(guild_id: int, season: Season, seen: ColumnElement[bool]) -> Select[int, int]:
    query = select(CritiqueRow.user_id, func.count()).where(CritiqueRow.guild_id == guild_id)
    query = query.join(CreationRow, CreationRow.id == CritiqueRow.creation_id).where(seen)
    return query.where(*_is_in(CritiqueRow.helpful_at, season)).group_by(CritiqueRow.user_id)


def _is_in(column: InstrumentedAttribute[Any], season: Season) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return column >= season.begins, column < season.ends
