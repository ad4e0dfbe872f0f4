"""What one can look for in a gallery: the styles and the challenges that have pictures."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.audience import Audience
from bot.creations.origin_store import visible
from bot.database.states import ChallengeState
from bot.database.store import DatabaseStore
from bot.database.tables import ChallengeRow, CreationRow, EntryRow, StyleRow
from bot.gallery.models import Browsing, Filters
from bot.styles.store import EVERYBODY

# With “of every” before them, as many as a list of Discord takes.
MOST = 24


class FilterStore(DatabaseStore):
    """The filters of galleries."""

    async def filters(self, guild_id: int, user_id: int, browsing: Browsing, audience: Audience) -> Filters:
        """Return what a member can choose in a guild's gallery, as their audience; what they have chosen comes first.

        Of the styles that are theirs or the server's those come next in which somebody painted last, of the challenges
        that are closed the newest.
        """
        async with self._session() as session:
            seen = await visible(session, guild_id, audience)
            styles = await self._styles(session, guild_id, user_id, browsing.style_id, seen)
            rooms = select(ChallengeRow.channel_id).where(ChallengeRow.guild_id == guild_id).distinct()
            in_view = [channel for channel in await session.scalars(rooms) if audience.may_view(channel)]
            return Filters(styles, await self._challenges(session, guild_id, browsing.challenge_id, seen, in_view))

    async def _styles(
        self, session: AsyncSession, guild_id: int, user_id: int, chosen: int, seen: ColumnElement[bool]
    ) -> dict[int, str]:
        newest = (
            select(CreationRow.id)
            .where(CreationRow.guild_id == guild_id, CreationRow.style == StyleRow.name, seen)
            .order_by(CreationRow.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        # A picture knows only the name of its style, which a member's own and the server's may have in common.
        query = select(func.min(StyleRow.id), StyleRow.name, newest).group_by(StyleRow.name)
        usable = (StyleRow.guild_id == guild_id, StyleRow.user_id.in_((user_id, EVERYBODY)))
        found = await session.execute(query.where(*usable))
        rows = sorted(((style_id == chosen, used or 0, style_id, name) for style_id, name, used in found), reverse=True)
        return {style_id: name for is_chosen, used, style_id, name in rows[:MOST] if is_chosen or used}

    async def _challenges(
        self, session: AsyncSession, guild_id: int, chosen: int, seen: ColumnElement[bool], channels: Collection[int]
    ) -> dict[int, tuple[str, str]]:
        is_chosen = ChallengeRow.id == chosen
        entries = (
            select(EntryRow.id)
            .join(CreationRow, CreationRow.id == EntryRow.creation_id)
            .where(EntryRow.challenge_id == ChallengeRow.id, EntryRow.disqualified == "", seen)
        )
        query = select(ChallengeRow.id, ChallengeRow.title, ChallengeRow.theme).where(
            ChallengeRow.guild_id == guild_id,
            ChallengeRow.state == ChallengeState.CLOSED,
            ChallengeRow.channel_id.in_(channels),
            or_(is_chosen, entries.exists()),
        )
        rows = await session.execute(query.order_by(is_chosen.desc(), ChallengeRow.id.desc()).limit(MOST))
        return {challenge_id: (title, theme) for challenge_id, title, theme in rows}
