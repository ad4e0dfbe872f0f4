"""In-memory cache of prompt embeddings, and the search for prompts with a similar meaning."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from bot.gallery.similarity_store import BEYOND, LikenessStore

VECTOR = np.dtype("<f2")
WIDTH = 384
# Vectors cached for all galleries together: 150 MiB. Of a larger gallery, only the newest prompts are searched.
MOST = 200_000
# Small enough that building one batch of rows does not block the event loop.
ROWS_PER_FETCH = 2000
# Least cosine similarity at which two sentences count as related.
NEAR = 0.25
# Rows converted to float32 at a time, to bound the memory of a comparison.
BLOCK = 8192


@dataclass(frozen=True, slots=True)
class Matrix:
    """The embedded prompts of a gallery.

    `ids` has shape (prompts,), int64, ascending; `vectors` has shape (prompts, 384), float16, each of length 1.
    """

    ids: np.ndarray
    vectors: np.ndarray

    def with_rows(self, rows: Sequence[tuple[int, bytes]]) -> "Matrix":
        """Return a matrix with newer rows appended, cut to the newest MOST. `rows` has the newest first."""
        ids = np.array([prompt_id for prompt_id, _ in reversed(rows)], np.int64)
        vectors = np.frombuffer(b"".join(vector for _, vector in reversed(rows)), VECTOR).reshape(-1, WIDTH)
        return Matrix(np.concatenate([self.ids, ids])[-MOST:], np.concatenate([self.vectors, vectors])[-MOST:])

    def near(self, vector: bytes) -> list[int]:
        """Return the ids of prompts whose cosine with `vector` is at least NEAR, the highest first.

        `vector` is the bytes of 384 float16 values of length 1. Ties are in descending order of ids.
        """
        query = np.frombuffer(vector, VECTOR).astype(np.float32)
        blocks = [
            self.vectors[start : start + BLOCK].astype(np.float32) @ query for start in range(0, len(self.ids), BLOCK)
        ]
        cosines = np.concatenate(blocks) if blocks else np.empty(0, np.float32)
        is_near = cosines >= NEAR
        order = np.lexsort((-self.ids[is_near], -cosines[is_near]))
        return self.ids[is_near][order].tolist()


EMPTY = Matrix(np.empty(0, np.int64), np.empty((0, WIDTH), VECTOR))


class PromptVectors:
    """Cache of the matrices of the most recently searched galleries (LRU by gallery)."""

    def __init__(self, store: LikenessStore) -> None:
        self._store = store
        self._matrices: OrderedDict[int, Matrix] = OrderedDict()
        self._lock = asyncio.Lock()

    async def near(self, guild_id: int, vector: bytes) -> list[int]:
        """Return the ids of the gallery's prompts nearest to `vector`; see `Matrix.near`."""
        async with self._lock:
            matrix = await self._current(guild_id)
        return await asyncio.to_thread(matrix.near, vector)

    async def forget(self, guild_ids: Collection[int]) -> None:
        """Drop the cached matrices of galleries from which prompts were removed: their ids may be reused."""
        async with self._lock:
            for guild_id in guild_ids:
                self._matrices.pop(guild_id, None)

    async def _current(self, guild_id: int) -> Matrix:
        """Return the gallery's matrix, with the prompts embedded since the last call appended.

        Ids only ascend until one is deleted, and then `forget` is called; so new rows always follow the last cached id.
        """
        matrix = self._matrices.get(guild_id, EMPTY)
        rows = await self._fetch_after(guild_id, int(matrix.ids[-1]) if len(matrix.ids) else 0)
        if rows:
            matrix = await asyncio.to_thread(matrix.with_rows, rows)
        self._matrices[guild_id] = matrix
        self._matrices.move_to_end(guild_id)
        while sum(len(each.ids) for each in self._matrices.values()) > MOST:
            self._matrices.popitem(last=False)
        return matrix

    async def _fetch_after(self, guild_id: int, after: int) -> list[tuple[int, bytes]]:
        """Return ids and vectors of the prompts with ids above `after`, the newest first, about MOST at most."""
        rows: list[tuple[int, bytes]] = []
        while len(rows) < MOST:
            before = rows[-1][0] if rows else BEYOND
            batch = await self._store.vectors(guild_id, after, before, ROWS_PER_FETCH)
            rows += batch
            if len(batch) < ROWS_PER_FETCH:
                break
        return rows
