"""Work that is done again and again: an error of one turn, or of one thing, ends neither the others nor the bot."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TypeVar

log = logging.getLogger(__name__)

Thing = TypeVar("Thing")
Step = Callable[[], Awaitable[object]]

# A step that fails is tried again after the first pause; each further failure doubles it, up to the longest.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
# A step that is due often is tried again after at most this many of its own pauses.
MISSED_TURNS = 5


async def run_forever(
    step: Step, failure: str, *, every: float | None = None, wake: asyncio.Event | None = None
) -> None:
    """Run `step` at once, then `every` so many seconds and whenever `wake` is set, until it is cancelled.

    A turn that raises an Exception is logged with `failure`, a sentence, and tried again; see `run_until_done`.
    """
    often = MISSED_TURNS * every if every else LONGEST_PAUSE_SECONDS
    longest = min(LONGEST_PAUSE_SECONDS, max(FIRST_PAUSE_SECONDS, often))
    while True:
        if wake:
            wake.clear()
        await run_until_done(step, failure, longest)
        with suppress(TimeoutError):
            async with asyncio.timeout(every):
                await (wake or asyncio.Event()).wait()


async def run_until_done(step: Step, failure: str, longest: float = LONGEST_PAUSE_SECONDS) -> None:
    """Run `step` until it raises no Exception, with pauses that grow up to `longest` seconds.

    Every failure is logged with `failure`, a sentence, and its traceback.
    """
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            await step()
        except Exception as error:
            stop_if_cancelled(error)
            log.exception("%s; the next try comes in %g s", failure, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, longest)
        else:
            return


async def for_each(
    things: Iterable[Thing], do: Callable[[Thing], Awaitable[object]], failure: Callable[[Thing], str]
) -> None:
    """Do something with each of several things; where that raises an Exception, log it and go on with the next."""
    for thing in things:
        try:
            await do(thing)
        except Exception as error:
            stop_if_cancelled(error)
            log.exception("%s", failure(thing))


def stop_if_cancelled(error: Exception) -> None:
    """Raise CancelledError where the task that met `error` has been cancelled.

    A cleanup that fails replaces the CancelledError by its own; who goes on after that error would never end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError from error
