"""Queries for perceptual hashes and prompt vectors, which are computed after a creation was stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import select, tuple_, update

from bot.creations.prompt_vectors import drop_vectors, is_named
from bot.database.store import DatabaseStore
from bot.database.tables import CreationRow, PromptVectorRow
from bot.database.upserts import insert_if_absent

# Greater than every id: the largest signed 64-bit integer.
BEYOND = 2**63 - 1
# Vectors deleted per transaction.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Unread:
    """A creation whose prompt has no vector yet."""

    id: int
    guild_id: int
    prompt: str

    @property
    def key(self) -> tuple[int, bytes]:
        """The guild id and the 16-byte BLAKE2b digest of the prompt, by which its vector is stored."""
        return self.guild_id, blake2b(self.prompt.encode(), digest_size=16).digest()


class LikenessStore(DatabaseStore):
    """Hashes of pictures and vectors of prompts. Each method is one transaction, except `drop_unnamed`."""

    async def unhashed(self, before: int, most: int) -> list[tuple[int, int, str]]:
        """Return id, guild id and file key of at most `most` pictures without a hash and with ids below `before`.

        The newest come first.
        """
        query = select(CreationRow.id, CreationRow.guild_id, CreationRow.file_key).where(
            CreationRow.phash.is_(None), CreationRow.deleted_at.is_(None), CreationRow.id < before
        )
        async with self._session() as session:
            rows = await session.execute(query.order_by(CreationRow.id.desc()).limit(most))
            return [(row[0], row[1], row[2]) for row in rows]

    async def keep_hashes(self, hashes: Mapping[int, int]) -> None:
        """Store hashes by creation id; removed pictures are skipped."""
        async with self._session.begin() as session:
            for creation_id, phash in hashes.items():
                is_there = (CreationRow.id == creation_id, CreationRow.deleted_at.is_(None))
                await session.execute(update(CreationRow).where(*is_there).values(phash=phash))

    async def hashes(self, guild_id: int, after: int, most: int) -> list[tuple[int, int]]:
        """Return ids and hashes of a guild's pictures with ids above `after`, ascending, removed pictures included."""
        query = select(CreationRow.id, CreationRow.phash).where(
            CreationRow.guild_id == guild_id, CreationRow.phash.is_not(None), CreationRow.id > after
        )
        async with self._session() as session:
            rows = await session.execute(query.order_by(CreationRow.id).limit(most))
            return [(creation_id, phash) for creation_id, phash in rows if phash is not None]

    async def unread(self, most: int, before: int = BEYOND) -> list[Unread]:
        """Return at most `most` creations without a prompt vector and with ids below `before`, the newest first."""
        query = select(CreationRow.id, CreationRow.guild_id, CreationRow.request["prompt"].as_string()).where(
            CreationRow.prompt_id.is_(None), CreationRow.deleted_at.is_(None), CreationRow.id < before
        )
        async with self._session() as session:
            rows = await session.execute(query.order_by(CreationRow.id.desc()).limit(most))
            return [Unread(*row) for row in rows]

    async def new_prompts(self, unread: Sequence[Unread]) -> list[str]:
        """Return the distinct prompts of `unread` for which their guild has no vector."""
        columns = (PromptVectorRow.guild_id, PromptVectorRow.digest)
        query = select(*columns).where(tuple_(*columns).in_([each.key for each in unread]))
        async with self._session() as session:
            known = {tuple(row) for row in await session.execute(query)}
        return list(dict.fromkeys(each.prompt for each in unread if each.key not in known))

    async def keep_read(self, unread: Sequence[Unread], vectors: Mapping[str, bytes]) -> None:
        """Store the vectors of new prompts, and link each creation to its prompt's vector.

        Pictures removed in the meantime are not linked, and vectors that no picture uses are deleted again.
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
        """Delete all vectors that no picture uses, BATCH per transaction."""
        query = select(PromptVectorRow.id).where(~is_named()).limit(BATCH)
        while True:
            async with self._session.begin() as session:
                ids = list(await session.scalars(query))
                await drop_vectors(session, PromptVectorRow.id.in_(ids))
            if len(ids) < BATCH:
                return

    async def vectors(self, guild_id: int, after: int, before: int, most: int) -> list[tuple[int, bytes]]:
        """Return ids and vectors of a guild's prompts with `after` < id < `before`, the newest first."""
        query = select(PromptVectorRow.id, PromptVectorRow.vector).where(
            PromptVectorRow.guild_id == guild_id, PromptVectorRow.id > after, PromptVectorRow.id < before
        )
        async with self._session() as session:
            rows = await session.execute(query.order_by(PromptVectorRow.id.desc()).limit(most))
            return [(row[0], row[1]) for row in rows]
