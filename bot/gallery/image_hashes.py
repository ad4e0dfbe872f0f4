"""In-memory cache of perceptual hashes, and the search for pictures that look is_alike."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection

import numpy as np

from bot.gallery.similarity_store import LikenessStore
from bot.imaging.phash import bits_apart

# Hashes cached for all galleries together: 16 MiB. The gallery used last stays, even if it alone has more.
MOST = 1_000_000
# Small enough that building one batch of rows does not block the event loop.
ROWS_PER_FETCH = 5000
# Largest Hamming distance at which two 64-bit hashes count as alike. Unrelated pictures differ in about 32 bits, and
# only rarely in this few.
ALIKE = 20


class ImageHashes:
    """Cache of the hashes of the most recently searched galleries (LRU by gallery)."""

    def __init__(self, store: LikenessStore) -> None:
        self._store = store
        self._hashes: OrderedDict[int, np.ndarray] = OrderedDict()
        self._lock = asyncio.Lock()

    async def near(self, guild_id: int, creation_id: int, phash: int) -> list[int]:
        """Return the ids of the gallery's pictures that look like `creation_id`, the nearest first.

        `phash` is that picture's own hash; the picture itself is not in the result.
        """
        async with self._lock:
            rows_of_gallery = self._hashes.get(guild_id)
            if rows_of_gallery is None:
                rows_of_gallery = await self._fetch(guild_id)
            self._hashes[guild_id] = rows_of_gallery
            self._hashes.move_to_end(guild_id)
            while len(self._hashes) > 1 and sum(map(len, self._hashes.values())) > MOST:
                self._hashes.popitem(last=False)
        return await asyncio.to_thread(_nearest, rows_of_gallery, creation_id, phash)

    async def keep(self, hashes: dict[int, int], guild_ids: set[int]) -> None:
        """Store hashes by creation id, and drop the cached hashes of the galleries that they belong to."""
        async with self._lock:
            await self._store.keep_hashes(hashes)
            self._drop(guild_ids)

    async def forget(self, guild_ids: Collection[int]) -> None:
        """Drop the cached hashes of galleries from which pictures were removed."""
        async with self._lock:
            self._drop(guild_ids)

    def _drop(self, guild_ids: Collection[int]) -> None:
        for guild_id in guild_ids:
            self._hashes.pop(guild_id, None)

    async def _fetch(self, guild_id: int) -> np.ndarray:
        """Return ids and hashes of a gallery's pictures: shape (pictures, 2), int64."""
        rows: list[tuple[int, int]] = []
        while True:
            batch = await self._store.hashes(guild_id, rows[-1][0] if rows else 0, ROWS_PER_FETCH)
            rows += batch
            if len(batch) < ROWS_PER_FETCH:
                return (await asyncio.to_thread(np.array, rows, np.int64)).reshape(-1, 2)


def _nearest(rows_of_gallery: np.ndarray, creation_id: int, phash: int) -> list[int]:
    ids, hashes = rows_of_gallery.T
    distances = bits_apart(hashes, phash)
    is_alike = (distances <= ALIKE) & (ids != creation_id)
    return ids[is_alike][np.lexsort((-ids[is_alike], distances[is_alike]))].tolist()
