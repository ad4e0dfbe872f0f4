"""All that is kept of a member: to be given to them, and to be forgotten.

`NAMED` lists every column that names a member, with what becomes of it; a test holds that no table is missing.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, inspect, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from bot.gallery.known import know_member
from bot.gallery.tables import (
    Base,
    BlockRow,
    CaseRow,
    ChallengeRow,
    CreationRow,
    CritiqueRow,
    DraftRow,
    EntryRow,
    FavouriteRow,
    GuildRow,
    JobRow,
    JobSourceRow,
    MemberRow,
    OriginRow,
    PermitRow,
    PromptRuleRow,
    PromptVectorRow,
    ReactionRow,
    ShowingRow,
    StyleRow,
    VoteRow,
)

NOBODY = 0
# What a row becomes that others still need: None where it goes.
Fate = dict[str, Any] | None

_NO_WORDS = {"request": {"prompt": ""}}
_NO_FILES = {"image_key": "", "mask_key": "", "style_key": ""}
NAMED: dict[tuple[type[Base], str], Fate] = {
    # What others made from a picture remembers that there was one, and a challenge's result that there was an entry.
    (JobRow, "user_id"): {
        **_NO_WORDS,
        **_NO_FILES,
        "interaction_token": "",
        "note": "",
        "reason": "",
        "style": "",
        # So that its message is put right even after a crash.
        "delivered_at": None,
    },
    (CreationRow, "user_id"): {
        **_NO_WORDS,
        "file_key": "",
        "seed": 0,
        "model": "",
        "style": None,
        "phash": None,
        "prompt_id": None,
    },
    (ChallengeRow, "user_id"): {},
    (EntryRow, "user_id"): {},
    (PromptRuleRow, "created_by"): {},
    (CaseRow, "about_user_id"): {},
    (CaseRow, "decided_by"): {},
    (CaseRow, "by_user_id"): None,
    (BlockRow, "by"): {},
    (DraftRow, "user_id"): None,
    (VoteRow, "user_id"): None,
    (FavouriteRow, "user_id"): None,
    (CritiqueRow, "user_id"): None,
    (PermitRow, "user_id"): None,
    (ReactionRow, "user_id"): None,
    (StyleRow, "user_id"): None,
}
# Whoever is blocked can't end that by being forgotten: the block stays as long as it lasts, with its row in `members`.
KEPT: dict[tuple[type[Base], str], str] = {
    (BlockRow, "user_id"): "a block lasts as long as the moderators said",
    (MemberRow, "id"): "the row that a block belongs to",
}
# What gives access, and is nothing about a person.
SECRETS = ("interaction_token", "nonce")


class PrivacyStore:
    """Everything about one member, in all servers."""

    def __init__(self, database: AsyncEngine) -> None:
        self._session = async_sessionmaker(database, expire_on_commit=False)

    async def everything(self, user_id: int) -> dict[str, list[dict[str, Any]]]:
        """Return all rows that name a member, by table, without secrets."""
        columns: dict[type[Base], list[str]] = {}
        for table, column in (*NAMED, *KEPT):
            columns.setdefault(table, []).append(column)
        found: dict[str, list[dict[str, Any]]] = {}
        async with self._session() as session:
            for table, names in columns.items():
                is_theirs = or_(*(getattr(table, name) == user_id for name in names))
                rows = await session.scalars(select(table).where(is_theirs))
                found[table.__tablename__] = [_values(row) for row in rows]
        return found

    async def files_of(self, user_id: int) -> set[str]:
        """Return the keys of all files that a member's rows name."""
        keys: set[str] = set()
        columns = [
            *((JobRow, getattr(JobRow, name)) for name in _NO_FILES),
            *((DraftRow, getattr(DraftRow, name)) for name in _NO_FILES),
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
        """Return the ids of all jobs of a member outside their own gallery."""
        query = select(JobRow.id).where(JobRow.user_id == user_id, JobRow.guild_id != user_id)
        async with self._session() as session:
            return list(await session.scalars(query))

    async def cards_of(self, user_id: int) -> list[tuple[int, int]]:
        """Return channel and message of the cards of what a member brought before moderators."""
        query = select(CaseRow.channel_id, CaseRow.message_id).where(
            CaseRow.by_user_id == user_id, CaseRow.message_id.is_not(None)
        )
        async with self._session() as session:
            return [(channel_id, message_id or 0) for channel_id, message_id in await session.execute(query)]

    async def forget(self, user_id: int, moment: datetime) -> bool:
        """Forget a member whose pictures are removed; return whether a block stays."""
        async with self._session.begin() as session:
            await know_member(session, NOBODY)
            await self._forget_own_gallery(session, user_id)
            for (table, column), fate in NAMED.items():
                is_theirs = getattr(table, column) == user_id
                if fate is None:
                    await session.execute(delete(table).where(is_theirs))
                else:
                    await session.execute(update(table).where(is_theirs).values(**fate, **{column: NOBODY}))
            await session.execute(delete(BlockRow).where(BlockRow.user_id == user_id, BlockRow.until <= moment))
            is_blocked = await session.scalar(select(BlockRow.user_id).where(BlockRow.user_id == user_id).limit(1))
            if is_blocked is None:
                await session.execute(delete(MemberRow).where(MemberRow.id == user_id))
            else:
                await session.execute(update(MemberRow).where(MemberRow.id == user_id).values(preferences={}))
            return is_blocked is not None

    async def _forget_own_gallery(self, session: Any, user_id: int) -> None:
        """Delete what lies in the gallery of somebody's direct messages, which is numbered as they are."""
        own = select(CreationRow.id).where(CreationRow.guild_id == user_id)
        jobs = select(JobRow.id).where(JobRow.guild_id == user_id)
        await session.execute(delete(JobSourceRow).where(JobSourceRow.job_id.in_(jobs)))
        for table in (ShowingRow, FavouriteRow, PermitRow, CritiqueRow):
            await session.execute(delete(table).where(table.creation_id.in_(own)))
        for table in (CaseRow, CreationRow, JobRow, DraftRow, StyleRow, PromptVectorRow, OriginRow):
            await session.execute(delete(table).where(table.guild_id == user_id))
        await session.execute(delete(GuildRow).where(GuildRow.id == user_id))


def _values(row: Base) -> dict[str, Any]:
    names = [column.key for column in inspect(type(row)).columns if column.key]
    return {name: getattr(row, name) for name in names if name not in SECRETS}
