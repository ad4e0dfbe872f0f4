"""Messages that have to be changed sooner or later: tried again, ever more slowly, until it is done."""

import asyncio
import logging
from collections.abc import Awaitable, Hashable
from contextlib import suppress

import discord

from bot.platform.discord_errors import GONE, UNREACHABLE

log = logging.getLogger(__name__)

# The pause after the first failure; each one is twice as long as the one before, up to the longest.
FIRST_SECONDS, LONGEST_SECONDS = 15.0, 3600.0


class Patience:
    """Knows what failed, and when it is tried again.

    What has to be done is on disk, with whoever does it; this is in memory, so that all is tried again at a start. A
    permission that was lost may come back, so it is no end: the message still shows what it shows.
    """

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        # How long each has to wait when it fails again, and when it is due; those of which `wait` has yet to tell.
        self._failures: dict[Hashable, tuple[float, float]] = {}
        self._untold: set[Hashable] = set()
        self._failed = asyncio.Event()

    def is_due(self, key: Hashable) -> bool:
        """Return whether something may be tried now."""
        return key not in self._failures or self._failures[key][1] <= asyncio.get_running_loop().time()

    def is_gone(self, guild_id: int, error: BaseException) -> bool:
        """Return whether there is nothing left to be changed: the message, its channel, or the bot's membership.

        `guild_id` is 0 for what no membership is needed for.
        """
        if isinstance(error, discord.NotFound) and error.code in GONE:
            return True
        return bool(guild_id) and self._client.is_ready() and self._client.get_guild(guild_id) is None

    async def settle(self, key: Hashable, guild_id: int, edit: Awaitable[object]) -> bool:
        """Change a message; return whether that is done, or there is nothing left to be changed.

        What else goes wrong is logged, and the key is due again later.
        """
        try:
            await edit
        except UNREACHABLE as error:
            if not self.is_gone(guild_id, error):
                self.failed(key)
                log.warning(
                    "%s could not be changed; if it still shows a removed picture, that is tried again",
                    key,
                    exc_info=True,
                )
                return False
            log.warning("%s is gone, or out of my reach for good", key, exc_info=True)
        self.done(key)
        return True

    def failed(self, key: Hashable) -> None:
        """Take note that something could not be done."""
        pause = self._failures.get(key, (FIRST_SECONDS, 0.0))[0]
        self._failures[key] = (min(2 * pause, LONGEST_SECONDS), asyncio.get_running_loop().time() + pause)
        self._untold.add(key)
        self._failed.set()

    def done(self, key: Hashable) -> None:
        """Take note that something is done."""
        self._failures.pop(key, None)
        self._untold.discard(key)

    def start_anew(self) -> None:
        """Let everything be due now; what fails again has to wait as long as it would have."""
        self._failures = {key: (pause, 0.0) for key, (pause, _) in self._failures.items()}
        self._untold.clear()

    async def wait(self) -> None:
        """Return once something that failed is due."""
        while not (due := {key for key in self._untold if self.is_due(key)}):
            self._failed.clear()
            soonest = min((self._failures[key][1] for key in self._untold), default=None)
            pause = None if soonest is None else max(0.0, soonest - asyncio.get_running_loop().time())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._failed.wait(), pause)
        self._untold -= due
