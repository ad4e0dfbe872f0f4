"""How many jobs are with the engine at once."""

import asyncio


class SlotLimiter:
    """A number of places, or one alone: a job may ask that no other runs beside it."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._taken = 0
        self._alone = False
        self._changed = asyncio.Condition()

    async def one_is_free(self) -> None:
        """Return once a job that needs no solitude could take a place."""
        async with self._changed:
            await self._changed.wait_for(self._has_room)

    async def take(self, *, alone: bool) -> None:
        """Wait for a place and take it; `alone` waits for all others to leave, and keeps them out meanwhile."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._taken == 0 if alone else self._has_room())
            self._taken += 1
            self._alone = alone

    async def leave(self) -> None:
        """Give a place back."""
        async with self._changed:
            self._taken -= 1
            self._alone = False
            self._changed.notify_all()

    def _has_room(self) -> bool:
        return not self._alone and self._taken < self._count
