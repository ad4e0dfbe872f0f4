"""Background loops: an error in one turn, or for one item, is logged and ends neither the loop nor the bot."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TypeVar

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Step = Callable[[], Awaitable[object]]

# Pauses before a failed step is retried: the first, doubled by each further failure, and the longest.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
# If a step has an interval, its longest retry pause is at most this many intervals.
MISSED_TURNS = 5


async def run_forever(
    step: Step, failure: str, *, every: float | None = None, wake: asyncio.Event | None = None
) -> None:
    """Run `step` at once, then every `every` seconds and whenever `wake` is set, until the task is cancelled.

    If a turn raises an Exception, log it with the sentence `failure` and retry; see `run_until_done`.
    """
    longest_for_interval = MISSED_TURNS * every if every else LONGEST_PAUSE_SECONDS
    longest = min(LONGEST_PAUSE_SECONDS, max(FIRST_PAUSE_SECONDS, longest_for_interval))
    while True:
        if wake:
            wake.clear()
        await run_until_done(step, failure, longest)
        with suppress(TimeoutError):
            async with asyncio.timeout(every):
                await (wake or asyncio.Event()).wait()


async def run_until_done(step: Step, failure: str, longest: float = LONGEST_PAUSE_SECONDS) -> None:
    """Run `step` until it raises no Exception, with retry pauses that double up to `longest` seconds.

    Each failure is logged with the sentence `failure` and its traceback.
    """
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            await step()
        except Exception as error:
            stop_if_cancelled(error)
            log.exception("%s; retrying in %g s", failure, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, longest)
        else:
            return


async def for_each(
    items: Iterable[Item], do: Callable[[Item], Awaitable[object]], failure: Callable[[Item], str]
) -> None:
    """Call `do` for each item; if it raises an Exception, log the sentence `failure(item)` and continue."""
    for item in items:
        try:
            await do(item)
        except Exception as error:
            stop_if_cancelled(error)
            log.exception("%s", failure(item))


def stop_if_cancelled(error: Exception) -> None:
    """Raise CancelledError if the current task, which caught `error`, has been cancelled.

    A cleanup that fails replaces the CancelledError by its own error. A loop that caught that error and continued would
    never end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError from error
