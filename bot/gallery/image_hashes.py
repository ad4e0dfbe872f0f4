"""How the pictures of galleries look, in memory, to be compared with one of them."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection

import numpy as np

from bot.gallery.similarity_store import LikenessStore
from bot.imaging.phash import bits_apart

# So many hashes are kept in memory, of all galleries together, or of the one that was used last: 16 MiB.
MOST = 1_000_000
# As many are fetched at once, so that the event loop is never held up.
FETCHED = 5000
# Of 64 bits; pictures that have nothing to do with each other differ in about 32, and only by chance in so few.
ALIKE = 20


class ImageHashes:
    """The hashes of the galleries that were searched last."""

    def __init__(self, store: LikenessStore) -> None:
        self._store = store
        self._hashes: OrderedDict[int, np.ndarray] = OrderedDict()
        self._lock = asyncio.Lock()

    async def near(self, guild_id: int, creation_id: int, phash: int) -> list[int]:
        """Return the ids of a gallery's pictures that look like one of them, which has this hash, the nearest first."""
        async with self._lock:
            known = self._hashes.get(guild_id)
            if known is None:
                known = await self._fetched(guild_id)
            self._hashes[guild_id] = known
            self._hashes.move_to_end(guild_id)
            while len(self._hashes) > 1 and sum(map(len, self._hashes.values())) > MOST:
                self._hashes.popitem(last=False)
        return await asyncio.to_thread(_near, known, creation_id, phash)

    async def keep(self, hashes: dict[int, int], guild_ids: set[int]) -> None:
        """Keep new hashes, which belong to pictures of these galleries."""
        async with self._lock:
            await self._store.keep_hashes(hashes)
            self._let_go(guild_ids)

    async def forget(self, guild_ids: Collection[int]) -> None:
        """Let go of what is in memory of galleries from which something was removed."""
        async with self._lock:
            self._let_go(guild_ids)

    def _let_go(self, guild_ids: Collection[int]) -> None:
        for guild_id in guild_ids:
            self._hashes.pop(guild_id, None)

    async def _fetched(self, guild_id: int) -> np.ndarray:
        """Return a gallery's pictures with their hashes: (pictures, 2), int64."""
        rows: list[tuple[int, int]] = []
        while True:
            fetched = await self._store.hashes(guild_id, rows[-1][0] if rows else 0, FETCHED)
            rows += fetched
            if len(fetched) < FETCHED:
                return (await asyncio.to_thread(np.array, rows, np.int64)).reshape(-1, 2)


def _near(known: np.ndarray, creation_id: int, phash: int) -> list[int]:
    ids, hashes = known.T
    apart = bits_apart(hashes, phash)
    alike = (apart <= ALIKE) & (ids != creation_id)
    return ids[alike][np.lexsort((-ids[alike], apart[alike]))].tolist()
