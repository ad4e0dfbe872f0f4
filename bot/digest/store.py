"""Database access for due times and posts of digests. Each method is one transaction."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from bot.core.audience import Audience
from bot.creations.models import Creation
from bot.creations.origin_store import visible
from bot.creations.store import creation_of
from bot.database.store import DatabaseStore
from bot.database.tables import CreationRow, DigestPictureRow, GuildRow, is_shown
from bot.gallery.store import is_first_of_message


@dataclass(frozen=True, slots=True)
class Plan:
    """Due time of a guild's next digest, None if not set yet; `channel_id` is 0 if the digest is disabled."""

    guild_id: int
    channel_id: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class DigestPost:
    """Posted digest; `pictures` are those it may still show, best first, `gone` the ids of those to be removed."""

    guild_id: int
    channel_id: int
    message_id: int
    pictures: tuple[Creation, ...]
    gone: tuple[int, ...] = ()


class DigestStore(DatabaseStore):
    """Stores the due times and posts of the digests of all guilds."""

    async def plans(self) -> list[Plan]:
        """Return the plans of the guilds that have a digest channel or still have a due time."""
        async with self._session() as session:
            rows = await session.execute(select(GuildRow.id, GuildRow.settings, GuildRow.digest_due_at))
            plans = [Plan(row[0], row[1].get("digest_channel_id", 0), row[2]) for row in rows]
        return [plan for plan in plans if plan.channel_id or plan.due_at]

    async def plan(self, guild_id: int, due_at: datetime | None, posted: DigestPost | None = None) -> None:
        """Store the due time of a guild's next digest, None for never, and the digest just posted, if any."""
        async with self._session.begin() as session:
            await session.execute(update(GuildRow).where(GuildRow.id == guild_id).values(digest_due_at=due_at))
            if posted:
                message = {"message_id": posted.message_id, "channel_id": posted.channel_id}
                pictures = enumerate(posted.pictures, 1)
                session.add_all(
                    DigestPictureRow(creation_id=each.id, place=place, **message) for place, each in pictures
                )

    async def outdated(self) -> list[DigestPost]:
        """Return the posts with at least one picture that was removed or is held back."""
        is_on_it = CreationRow.id == DigestPictureRow.creation_id
        outdated = select(DigestPictureRow.message_id).join(CreationRow, is_on_it).where(~is_shown())
        pictures = select(DigestPictureRow, CreationRow).join(CreationRow, is_on_it)
        pictures = pictures.where(DigestPictureRow.message_id.in_(outdated)).order_by(DigestPictureRow.place)
        found: dict[tuple[int, int, int], list[Creation]] = {}
        async with self._session() as session:
            for row, creation in await session.execute(pictures):
                message = (creation.guild_id, row.channel_id, row.message_id)
                found.setdefault(message, []).append(creation_of(creation))
        return [
            DigestPost(
                *message,
                tuple(each for each in creations if each.is_shown),
                tuple(each.id for each in creations if not each.is_shown),
            )
            for message, creations in found.items()
        ]

    async def in_view(self, post: DigestPost, audience: Audience) -> list[Creation]:
        """Return the pictures of a post that an audience may see, in their order."""
        query = select(CreationRow.id).where(CreationRow.id.in_([each.id for each in post.pictures]))
        async with self._session() as session:
            seen = set(await session.scalars(query.where(await visible(session, post.guild_id, audience))))
        return [each for each in post.pictures if each.id in seen]

    async def mark_current(self, post: DigestPost) -> None:
        """Delete the rows of the `gone` pictures after the message was updated."""
        row = DigestPictureRow
        async with self._session.begin() as session:
            is_gone = (row.message_id == post.message_id, row.creation_id.in_(post.gone))
            await session.execute(delete(row).where(*is_gone))

    async def best(self, guild_id: int, since: datetime, audience: Audience, most: int) -> list[Creation]:
        """Return up to `most` pictures made since a time, highest score first, one for each message.

        Spoilers and pictures that the audience may not see are left out.
        """
        is_new = (CreationRow.guild_id == guild_id, CreationRow.created_at >= since, ~CreationRow.is_spoiler)
        query = select(CreationRow).where(*is_new, is_first_of_message())
        query = query.order_by(CreationRow.score.desc(), CreationRow.id.desc()).limit(most)
        async with self._session() as session:
            rows = await session.scalars(query.where(await visible(session, guild_id, audience)))
            return [creation_of(row) for row in rows]
