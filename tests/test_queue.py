"""Members take turns."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.jobs.queue import JobQueue
from bot.records import Job, JobStatus, Place
from engine.messages import GenerationParameters

ALICE, BOB, CAROL = 1, 2, 3
JOB = Job(
    0, 0, Place(1, 1, 1, ""), GenerationParameters(""), "", "", "", JobStatus.QUEUED, 0, "", datetime.now(UTC), False
)


def filled(*users: int, at_once: int = 9) -> JobQueue:
    """Return a queue with one job a named user, numbered in order."""
    queue = JobQueue(at_once)
    for number, user_id in enumerate(users):
        queue.put_nowait(replace(JOB, id=number, user_id=user_id))
    return queue


@pytest.mark.parametrize(
    ("users", "order"),
    [
        ((ALICE, ALICE, ALICE, BOB), [0, 3, 1, 2]),
        ((ALICE, ALICE, BOB, BOB, CAROL), [0, 2, 4, 1, 3]),
        ((ALICE,), [0]),
    ],
)
async def test_members_take_turns_and_the_line_says_so(users: tuple[int, ...], order: list[int]) -> None:
    queue = filled(*users)
    assert [job.id for job in queue.waiting()] == order
    assert queue.qsize() == len(users)
    assert [(await queue.get()).id for _ in users] == order
    assert queue.empty()


async def test_a_job_is_taken_out() -> None:
    queue = filled(ALICE, ALICE, BOB)
    for gone in (0, 2, 99):
        queue.remove(gone)
    assert [job.id for job in queue.waiting()] == [1]
    queue.remove(1)
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    queue.put_nowait(replace(JOB, id=7))
    assert (await waiting).id == 7


async def test_a_member_has_so_many_at_once_and_the_others_go_on() -> None:
    queue = filled(ALICE, ALICE, ALICE, BOB, at_once=1)
    first, other = await queue.get(), await queue.get()
    assert (first.id, other.id) == (0, 3)
    assert [job.id for job in queue.waiting()] == [1, 2]
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.ended(other)
    await asyncio.sleep(0)
    assert not waiting.done()
    queue.ended(first)
    assert (await waiting).id == 1
    queue.put_nowait(replace(JOB, id=0, user_id=ALICE))
    queue.ended(first)
    assert (await queue.get()).id == 0
