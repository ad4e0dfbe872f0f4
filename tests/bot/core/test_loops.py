"""Background loops: retries, growing pauses, wake-ups and cancellation."""

import asyncio

import pytest

from bot.core import loops
from bot.core.loops import for_each, run_forever, run_until_done


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses of loops, of which none takes any time."""
    slept: list[float] = []
    monkeypatch.setattr(loops, "FIRST_PAUSE_SECONDS", 1.0)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(loops.asyncio, "sleep", sleep)
    return slept


async def test_a_step_that_fails_is_tried_again_after_pauses_that_grow_to_a_bound(
    pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    turns = 0

    async def step() -> None:
        nonlocal turns
        turns += 1
        if turns <= 9:
            raise ValueError("no")

    await run_until_done(step, "it could not be done")
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert caplog.text.count("it could not be done") == caplog.text.count("Traceback") == 9


@pytest.mark.parametrize(("every", "longest"), [(1.0, 5), (0, 60), (None, 60), (86400.0, 60)])
async def test_what_is_due_often_is_tried_again_soon(pauses: list[float], every: float | None, longest: float) -> None:
    reached = asyncio.Event()

    async def step() -> None:
        if len(pauses) == 20:
            reached.set()
            await asyncio.Event().wait()
        raise ValueError("no")

    task = asyncio.create_task(run_forever(step, "it could not be done", every=every, wake=asyncio.Event()))
    await reached.wait()
    assert max(pauses) == pauses[-1] == longest
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_loop_turns_when_it_is_woken_and_misses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "FIRST_PAUSE_SECONDS", 0.01)
    wake, turns = asyncio.Event(), asyncio.Queue[int]()
    news = iter(range(10))

    async def step() -> None:
        number = next(news)
        turns.put_nowait(number)
        if number == 1:
            # It is told of something while it works, and fails after that.
            wake.set()
            raise ValueError("no")

    task = asyncio.create_task(run_forever(step, "it could not be done", wake=wake))
    assert await turns.get() == 0
    wake.set()
    assert [await turns.get() for _ in range(3)] == [1, 2, 3]
    task.cancel()


async def test_one_thing_that_fails_stops_none_after_it(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    async def do(number: int) -> None:
        if number == 1:
            raise ValueError("no")
        done.append(number)

    await for_each(range(3), do, lambda number: f"{number} could not be done")
    assert done == [0, 2]
    assert "1 could not be done" in caplog.text


@pytest.mark.parametrize("kind", ["forever", "each"])
async def test_a_cancelled_loop_ends_where_its_cleanup_fails(kind: str) -> None:
    reached = asyncio.Event()

    async def step(_: int = 0) -> None:
        reached.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("the connection is gone")

    loop = run_forever(step, "no") if kind == "forever" else for_each(range(9), step, lambda _: "no")
    task = asyncio.create_task(loop)
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
