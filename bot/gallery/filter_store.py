"""Queries for the filters of a gallery: the styles and challenges that have pictures."""

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

# Discord allows 25 options in a select; the first is “of every style” or “of every challenge”.
MOST = 24


class FilterStore(DatabaseStore):
    """The styles and challenges by which galleries can be filtered. Reads only."""

    async def filters(self, guild_id: int, user_id: int, browsing: Browsing, audience: Audience) -> Filters:
        """Return the filters that a member can choose in a guild's gallery, limited to those that `audience` may see.

        The style and challenge chosen in `browsing` come first. Then follow the member's own and the server's styles,
        the most recently used first, and closed challenges, the newest first. Each list has at most 24 items.
        """
        async with self._session() as session:
            is_visible = await visible(session, guild_id, audience)
            styles = await self._styles(session, guild_id, user_id, browsing.style_id, is_visible)
            query = select(ChallengeRow.channel_id).where(ChallengeRow.guild_id == guild_id).distinct()
            channels = [channel for channel in await session.scalars(query) if audience.may_view(channel)]
            challenges = await self._challenges(session, guild_id, browsing.challenge_id, is_visible, channels)
            return Filters(styles, challenges)

    async def _styles(
        self, session: AsyncSession, guild_id: int, user_id: int, chosen: int, is_visible: ColumnElement[bool]
    ) -> dict[int, str]:
        last_used = (
            select(CreationRow.id)
            .where(CreationRow.guild_id == guild_id, CreationRow.style == StyleRow.name, is_visible)
            .order_by(CreationRow.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        # A creation stores only its style's name, and a member's style may have the same name as the server's.
        query = select(func.min(StyleRow.id), StyleRow.name, last_used).group_by(StyleRow.name)
        usable = (StyleRow.guild_id == guild_id, StyleRow.user_id.in_((user_id, EVERYBODY)))
        found = await session.execute(query.where(*usable))
        rows = sorted(((style_id == chosen, used or 0, style_id, name) for style_id, name, used in found), reverse=True)
        return {style_id: name for is_chosen, used, style_id, name in rows[:MOST] if is_chosen or used}

    async def _challenges(
        self,
        session: AsyncSession,
        guild_id: int,
        chosen: int,
        is_visible: ColumnElement[bool],
        channels: Collection[int],
    ) -> dict[int, tuple[str, str]]:
        is_chosen = ChallengeRow.id == chosen
        entries = (
            select(EntryRow.id)
            .join(CreationRow, CreationRow.id == EntryRow.creation_id)
            .where(EntryRow.challenge_id == ChallengeRow.id, EntryRow.disqualified == "", is_visible)
        )
        query = select(ChallengeRow.id, ChallengeRow.title, ChallengeRow.theme).where(
            ChallengeRow.guild_id == guild_id,
            ChallengeRow.state == ChallengeState.CLOSED,
            ChallengeRow.channel_id.in_(channels),
            or_(is_chosen, entries.exists()),
        )
        rows = await session.execute(query.order_by(is_chosen.desc(), ChallengeRow.id.desc()).limit(MOST))
        return {challenge_id: (title, theme) for challenge_id, title, theme in rows}
