"""What the prompts of galleries mean, in memory, to be compared with what is looked for."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from bot.gallery.similarity_store import BEYOND, LikenessStore

VECTOR = np.dtype("<f2")
WIDTH = 384
# So many vectors are kept in memory, of all galleries together: 150 MiB. Of a larger gallery the newest prompts count.
MOST = 200_000
# As many are fetched at once, so that the event loop is never held up.
FETCHED = 2000
# From this cosine on, two sentences have something to do with each other.
NEAR = 0.25
# Rows that are compared at once, in float32.
BLOCK = 8192


@dataclass(frozen=True, slots=True)
class Matrix:
    """The prompts of a gallery that were read: their ids, rising, and their vectors of length 1, in float16."""

    ids: np.ndarray
    vectors: np.ndarray

    def with_rows(self, rows: Sequence[tuple[int, bytes]]) -> "Matrix":
        """Return a matrix with rows that came since, the newest first."""
        ids = np.array([prompt_id for prompt_id, _ in reversed(rows)], np.int64)
        vectors = np.frombuffer(b"".join(vector for _, vector in reversed(rows)), VECTOR).reshape(-1, WIDTH)
        return Matrix(np.concatenate([self.ids, ids])[-MOST:], np.concatenate([self.vectors, vectors])[-MOST:])

    def near(self, vector: bytes) -> list[int]:
        """Return the ids of the prompts that mean about the same, the nearest first by the cosine."""
        wanted = np.frombuffer(vector, VECTOR).astype(np.float32)
        blocks = [
            self.vectors[start : start + BLOCK].astype(np.float32) @ wanted for start in range(0, len(self.ids), BLOCK)
        ]
        cosines = np.concatenate(blocks) if blocks else np.empty(0, np.float32)
        near = cosines >= NEAR
        order = np.lexsort((-self.ids[near], -cosines[near]))
        return self.ids[near][order].tolist()


EMPTY = Matrix(np.empty(0, np.int64), np.empty((0, WIDTH), VECTOR))


class PromptVectors:
    """The matrices of the galleries that were searched last."""

    def __init__(self, store: LikenessStore) -> None:
        self._store = store
        self._matrices: OrderedDict[int, Matrix] = OrderedDict()
        self._lock = asyncio.Lock()

    async def near(self, guild_id: int, vector: bytes) -> list[int]:
        """Return the ids of a gallery's prompts that mean about the same as a vector, the nearest first."""
        async with self._lock:
            matrix = await self._current(guild_id)
        return await asyncio.to_thread(matrix.near, vector)

    async def forget(self, guild_ids: Collection[int]) -> None:
        """Let go of what is in memory of galleries from which something was removed: ids are given anew then."""
        async with self._lock:
            for guild_id in guild_ids:
                self._matrices.pop(guild_id, None)

    async def _current(self, guild_id: int) -> Matrix:
        """Return a gallery's matrix with all that has been read.

        Ids only rise until one is dropped, and then `forget` is called: what is new comes after the last.
        """
        matrix = self._matrices.get(guild_id, EMPTY)
        rows = await self._rows(guild_id, int(matrix.ids[-1]) if len(matrix.ids) else 0)
        if rows:
            matrix = await asyncio.to_thread(matrix.with_rows, rows)
        self._matrices[guild_id] = matrix
        self._matrices.move_to_end(guild_id)
        while sum(len(each.ids) for each in self._matrices.values()) > MOST:
            self._matrices.popitem(last=False)
        return matrix

    async def _rows(self, guild_id: int, after: int) -> list[tuple[int, bytes]]:
        """Return what was read after a prompt, the newest first."""
        rows: list[tuple[int, bytes]] = []
        while len(rows) < MOST:
            before = rows[-1][0] if rows else BEYOND
            fetched = await self._store.vectors(guild_id, after, before, FETCHED)
            rows += fetched
            if len(fetched) < FETCHED:
                break
        return rows
