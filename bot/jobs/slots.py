"""A limit on how many jobs run on the engine at once."""

import asyncio


class SlotLimiter:
    """A fixed number of slots; a job can also take its slot alone, so that no other job runs at the same time."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._taken = 0
        self._alone = False
        self._changed = asyncio.Condition()

    async def one_is_free(self) -> None:
        """Wait until a slot is free for a job that may run beside others; don't take it."""
        async with self._changed:
            await self._changed.wait_for(self._has_free_slot)

    async def take(self, *, alone: bool) -> None:
        """Wait for a slot and take it.

        With `alone`, wait until no slot is taken; until `leave`, no other job can then take one.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: self._taken == 0 if alone else self._has_free_slot())
            self._taken += 1
            self._alone = alone

    async def leave(self) -> None:
        """Release a slot and wake the tasks that wait for one."""
        async with self._changed:
            self._taken -= 1
            self._alone = False
            self._changed.notify_all()

    def _has_free_slot(self) -> bool:
        return not self._alone and self._taken < self._count
