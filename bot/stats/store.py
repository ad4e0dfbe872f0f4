"""Database access for the pictures by day. Each method is one transaction."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import BigInteger, cast, extract, func, select

from bot.core.audience import Audience
from bot.creations.models import Kind
from bot.creations.origin_store import visible
from bot.database.store import DatabaseStore
from bot.database.tables import CreationRow
from bot.stats.models import Activity, Day

DAY_SECONDS = 24 * 60 * 60
EPOCH = date(1970, 1, 1)


class ActivityStore(DatabaseStore):
    """Counts the pictures of a gallery by day, kind and maker."""

    async def activity(self, guild_id: int, today: date, days: int, audience: Audience, user_id: int = 0) -> Activity:
        """Return the activity of the last `days` days up to `today`, in UTC, as far as an audience may see it.

        It counts the pictures of all members, or only those of `user_id` if it is not 0.
        """
        first = today - timedelta(days=days - 1)
        day = (cast(extract("epoch", CreationRow.created_at), BigInteger) // DAY_SECONDS).label("day")
        conditions = [
            CreationRow.guild_id == guild_id,
            CreationRow.created_at >= datetime.combine(first, time(), UTC),
            CreationRow.created_at < datetime.combine(today + timedelta(days=1), time(), UTC),
        ]
        if user_id:
            conditions.append(CreationRow.user_id == user_id)
        query = select(day, CreationRow.kind, CreationRow.user_id, func.count())
        pictures: defaultdict[date, Counter[Kind]] = defaultdict(Counter)
        members: defaultdict[date, set[int]] = defaultdict(set)
        async with self._session() as session:
            conditions.append(await visible(session, guild_id, audience))
            rows = await session.execute(
                query.where(*conditions).group_by("day", CreationRow.kind, CreationRow.user_id)
            )
            for number, of_kind, maker, count in rows:
                # Databases round to seconds, which moves the last moment of a day to the next day.
                made_on = min(EPOCH + timedelta(days=number), today)
                pictures[made_on][Kind(of_kind)] += count
                members[made_on].add(maker)
        dates = [first + timedelta(days=number) for number in range(days)]
        everyone: set[int] = set().union(*members.values())
        return Activity(tuple(Day(each, dict(pictures[each]), len(members[each])) for each in dates), len(everyone))
