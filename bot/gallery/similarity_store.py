"""What creations look like, and what their prompts mean: found out after they were kept, and kept beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import ColumnElement, delete, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.database.store import DatabaseStore
from bot.database.tables import CreationRow, PromptVectorRow
from bot.database.upserts import insert_if_absent

# Greater than every id.
BEYOND = 2**63 - 1
# As many vectors are dropped in one statement.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Unread:
    """A creation whose prompt was not read yet."""

    id: int
    guild_id: int
    prompt: str

    @property
    def key(self) -> tuple[int, bytes]:
        """What its prompt is found by."""
        return self.guild_id, blake2b(self.prompt.encode(), digest_size=16).digest()


class LikenessStore(DatabaseStore):
    """Hashes of pictures and vectors of prompts; each method is one transaction."""

    async def unhashed(self, before: int, most: int) -> list[tuple[int, int, str]]:
        """Return ids, guilds and file keys of pictures without a hash, the newest of those before an id."""
        query = select(CreationRow.id, CreationRow.guild_id, CreationRow.file_key).where(
            CreationRow.phash.is_(None), CreationRow.deleted_at.is_(None), CreationRow.id < before
        )
        async with self._session() as session:
            rows = await session.execute(query.order_by(CreationRow.id.desc()).limit(most))
            return [(row[0], row[1], row[2]) for row in rows]

    async def keep_hashes(self, hashes: Mapping[int, int]) -> None:
        """Keep the hashes of pictures."""
        async with self._session.begin() as session:
            for creation_id, phash in hashes.items():
                is_there = (CreationRow.id == creation_id, CreationRow.deleted_at.is_(None))
                await session.execute(update(CreationRow).where(*is_there).values(phash=phash))

    async def hashes(self, guild_id: int, after: int, most: int) -> list[tuple[int, int]]:
        """Return ids and hashes of a guild's pictures after an id, in their order, also of those that were removed."""
        query = select(CreationRow.id, CreationRow.phash).where(
            CreationRow.guild_id == guild_id, CreationRow.phash.is_not(None), CreationRow.id > after
        )
        async with self._session() as session:
            rows = await session.execute(query.order_by(CreationRow.id).limit(most))
            return [(creation_id, phash) for creation_id, phash in rows if phash is not None]

    async def unread(self, most: int, before: int = BEYOND) -> list[Unread]:
        """Return creations whose prompts were not read yet, the newest of those before an id."""
        query = select(CreationRow.id, CreationRow.guild_id, CreationRow.request["prompt"].as_string()).where(
            CreationRow.prompt_id.is_(None), CreationRow.deleted_at.is_(None), CreationRow.id < before
        )
        async with self._session() as session:
            rows = await session.execute(query.order_by(CreationRow.id.desc()).limit(most))
            return [Unread(*row) for row in rows]

    async def new_prompts(self, unread: Sequence[Unread]) -> list[str]:
        """Return the prompts that their guild has no vector of."""
        columns = (PromptVectorRow.guild_id, PromptVectorRow.digest)
        query = select(*columns).where(tuple_(*columns).in_([each.key for each in unread]))
        async with self._session() as session:
            known = {tuple(row) for row in await session.execute(query)}
        return list(dict.fromkeys(each.prompt for each in unread if each.key not in known))

    async def keep_read(self, unread: Sequence[Unread], vectors: Mapping[str, bytes]) -> None:
        """Keep the vectors of prompts that are new, and note which creations have which.

        Pictures that were removed meanwhile keep none.
        """
        async with self._session.begin() as session:
            for each in unread:
                guild_id, digest = each.key
                if each.prompt in vectors:
                    values: dict[str, Any] = {"guild_id": guild_id, "digest": digest, "vector": vectors[each.prompt]}
                    await insert_if_absent(session, PromptVectorRow(**values))
                found = select(PromptVectorRow.id).where(
                    PromptVectorRow.guild_id == guild_id, PromptVectorRow.digest == digest
                )
                is_there = (CreationRow.id == each.id, CreationRow.deleted_at.is_(None))
                statement = update(CreationRow).where(*is_there).values(prompt_id=found.scalar_subquery())
                await session.execute(statement)
            is_new = tuple_(PromptVectorRow.guild_id, PromptVectorRow.digest).in_([each.key for each in unread])
            await drop_vectors(session, is_new)

    async def drop_unnamed(self) -> None:
        """Drop all vectors of prompts that no picture has, some at a time."""
        query = select(PromptVectorRow.id).where(~_is_named()).limit(BATCH)
        while True:
            async with self._session.begin() as session:
                ids = list(await session.scalars(query))
                await drop_vectors(session, PromptVectorRow.id.in_(ids))
            if len(ids) < BATCH:
                return

    async def vectors(self, guild_id: int, after: int, before: int, most: int) -> list[tuple[int, bytes]]:
        """Return ids and vectors of a guild's prompts between two ids, the newest first."""
        query = select(PromptVectorRow.id, PromptVectorRow.vector).where(
            PromptVectorRow.guild_id == guild_id, PromptVectorRow.id > after, PromptVectorRow.id < before
        )
        async with self._session() as session:
            rows = await session.execute(query.order_by(PromptVectorRow.id.desc()).limit(most))
            return [(row[0], row[1]) for row in rows]


async def drop_vectors(session: AsyncSession, condition: ColumnElement[bool]) -> None:
    """Drop those vectors of prompts, among the ones that a condition names, that no picture has any more."""
    await session.execute(delete(PromptVectorRow).where(condition, ~_is_named()))


def _is_named() -> ColumnElement[bool]:
    named = select(CreationRow.id).where(
        CreationRow.guild_id == PromptVectorRow.guild_id,
        CreationRow.prompt_id == PromptVectorRow.id,
        CreationRow.deleted_at.is_(None),
    )
    return named.exists()
