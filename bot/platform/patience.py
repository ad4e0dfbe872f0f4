"""Retry schedule for message edits that must succeed in the end, with pauses that double."""

import asyncio
import logging
from collections.abc import Awaitable, Hashable
from contextlib import suppress

import discord

from bot.platform.discord_errors import GONE, UNREACHABLE

log = logging.getLogger(__name__)

# The pause after the first failure, doubled by each further one, and the longest pause.
FIRST_SECONDS, LONGEST_SECONDS = 15.0, 3600.0


class Patience:
    """Failed edits by key, and when each may be retried.

    The callers keep the pending edits in the database; this schedule is in memory only, so a restart retries all of
    them at once. A lost permission is retried too, because it may be granted again.
    """

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        # The pause after a key's next failure and the time of its next try; and the keys that `wait` has yet to report.
        self._failures: dict[Hashable, tuple[float, float]] = {}
        self._unreported: set[Hashable] = set()
        self._failed = asyncio.Event()

    def is_due(self, key: Hashable) -> bool:
        """Return whether the edit with this key has not failed, or may be retried now."""
        return key not in self._failures or self._failures[key][1] <= asyncio.get_running_loop().time()

    def is_gone(self, guild_id: int, error: BaseException) -> bool:
        """Return whether the message can never be edited: it, its channel or its server is gone, or the bot has left.

        Membership is not checked if `guild_id` is 0.
        """
        if isinstance(error, discord.NotFound) and error.code in GONE:
            return True
        return bool(guild_id) and self._client.is_ready() and self._client.get_guild(guild_id) is None

    async def settle(self, key: Hashable, guild_id: int, edit: Awaitable[object]) -> bool:
        """Await `edit` and return True if it succeeds or the message is gone for good.

        Otherwise log the error of Discord, schedule the key for a retry, and return False.
        """
        try:
            await edit
        except UNREACHABLE as error:
            if not self.is_gone(guild_id, error):
                self.failed(key)
                log.warning(
                    "%s: could not edit the message; retrying later if it still shows a removed picture",
                    key,
                    exc_info=True,
                )
                return False
            log.warning("%s: the message is gone or permanently out of my reach", key, exc_info=True)
        self.done(key)
        return True

    def failed(self, key: Hashable) -> None:
        """Schedule a retry of the edit with this key, and wake `wait`."""
        pause = self._failures.get(key, (FIRST_SECONDS, 0.0))[0]
        self._failures[key] = (min(2 * pause, LONGEST_SECONDS), asyncio.get_running_loop().time() + pause)
        self._unreported.add(key)
        self._failed.set()

    def done(self, key: Hashable) -> None:
        """Forget the failures of this key, because its edit succeeded or is no longer needed."""
        self._failures.pop(key, None)
        self._unreported.discard(key)

    def start_anew(self) -> None:
        """Make every key due now; a key that fails again still gets its doubled pause."""
        self._failures = {key: (pause, 0.0) for key, (pause, _) in self._failures.items()}
        self._unreported.clear()

    async def wait(self) -> None:
        """Wait until at least one failed key is due; each failure is reported once."""
        while not (due := {key for key in self._unreported if self.is_due(key)}):
            self._failed.clear()
            soonest = min((self._failures[key][1] for key in self._unreported), default=None)
            pause = None if soonest is None else max(0.0, soonest - asyncio.get_running_loop().time())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._failed.wait(), pause)
        self._unreported -= due
