"""Wait for a condition, with the timeout that all tests share."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

Value = TypeVar("Value")


# How long a test waits for what should come. Other work may share the machine; only a test that fails waits this long.
PATIENCE_SECONDS = 300


async def eventually(ask: Callable[[], Value | None]) -> Value:
    """Ask again until the answer is true, and return it; fail after `PATIENCE_SECONDS`."""

    async def ask_later() -> Value | None:
        return ask()

    return await eventually_awaited(ask_later)


async def eventually_awaited(ask: Callable[[], Awaitable[Value | None]]) -> Value:
    """Do as `eventually` does, with a question that has to be awaited."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (answer := await ask()):  # noqa: ASYNC110 - what is asked has no event of its own
            await asyncio.sleep(0.02)
        return answer


async def logged(caplog: pytest.LogCaptureFixture, text: str) -> None:
    await eventually(lambda: text in caplog.text)
