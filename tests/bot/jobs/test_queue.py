"""Servers take turns, and members within each, by what their jobs cost; nobody's flood holds up the others."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import Settings
from bot.core.message_ref import MessageRef
from bot.database.states import JobStatus
from bot.jobs.cost import cost
from bot.jobs.models import Job
from bot.jobs.queue import JobQueue
from engine.api.messages import GenerationParameters
from tests.support.server import opened_server

ALICE, BOB, CAROL = 1, 2, 3
JOB = Job(
    user_id=0,
    place=MessageRef(100, 1, 1, ""),
    parameters=GenerationParameters(""),
    id=0,
    status=JobStatus.QUEUED,
    attempts=0,
    reason="",
    created_at=datetime.now(UTC),
    delivered=False,
)


def filled(*users: int, at_once: int = 9) -> JobQueue:
    """Return a queue with one job a named user, numbered in order."""
    queue = JobQueue(at_once, lambda job: cost(job.parameters))
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


def job(number: int, server_id: int, user_id: int, steps: int = 30) -> Job:
    parameters = GenerationParameters("", num_inference_steps=steps)
    return replace(JOB, id=number, user_id=user_id, place=MessageRef(server_id, 1, 1, ""), parameters=parameters)


def price(job: Job) -> float:
    return cost(job.parameters)


def painted(jobs: Iterable[Job], queue: JobQueue | None = None) -> list[Job]:
    """Return jobs that are all handed in at once in the order in which one painter paints them."""
    queue = queue or JobQueue(1, price)
    for each in jobs:
        queue.put_nowait(each)
    done = []
    while not queue.empty():
        done.append(queue.get_nowait())
        queue.ended(done[-1])
    return done


def first_waits(order: Sequence[Job]) -> dict[int, float]:
    """Return how long each member waits for their first job to begin."""
    waits: dict[int, float] = {}
    for each, begun in zip(order, accumulate(map(price, order), initial=0.0), strict=False):
        waits.setdefault(each.user_id, begun)
    return waits


def check_shares(order: Sequence[Job], whose: str) -> None:
    """Before any job of one, no other had more than the one had before, and one job: whatever the other has in line."""
    had: dict[int, float] = defaultdict(float)
    last: dict[int, float] = {}
    for each in order:
        one = each.user_id if whose == "member" else each.place.guild_id
        assert all(had[other] - last[other] <= had[one] for other in last if other != one)
        had[one] += price(each)
        last[one] = price(each)


HANDED_IN = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 100)), max_size=40)


@given(HANDED_IN)
def test_the_line_says_the_order_and_everybody_comes(handed_in: list[tuple[int, int, int]]) -> None:
    jobs = [job(number, 100 + server, user, steps) for number, (server, user, steps) in enumerate(handed_in)]
    queue = JobQueue(1, price)
    for each in jobs:
        queue.put_nowait(each)
    said = [each.id for each in queue.waiting()]
    order = painted([], queue)
    assert [each.id for each in order] == said
    assert sorted(said) == list(range(len(jobs)))
    for user in {each.user_id for each in jobs}:
        for server in {each.place.guild_id for each in jobs}:
            own = [each.id for each in order if (each.user_id, each.place.guild_id) == (user, server)]
            assert own == sorted(own)


@given(HANDED_IN)
def test_no_member_and_no_server_has_more_than_a_share_and_one_job(handed_in: list[tuple[int, int, int]]) -> None:
    check_shares(painted(job(n, 100, user, steps) for n, (_, user, steps) in enumerate(handed_in)), "member")
    jobs = (job(n, 100 + server, user, steps) for n, (server, user, steps) in enumerate(handed_in))
    check_shares(painted(jobs), "server")


@given(HANDED_IN, st.integers(0, 39))
def test_who_comes_later_waits_for_one_job_of_a_flood(handed_in: list[tuple[int, int, int]], before: int) -> None:
    queue = JobQueue(1, price)
    for number, (_, user, steps) in enumerate(handed_in):
        queue.put_nowait(job(number, 100, user, steps))
    for _ in range(min(before, len(handed_in))):
        queue.ended(queue.get_nowait())
    order = painted([job(99, 100, user_id=99)], queue)
    ahead = order[: [each.id for each in order].index(99)]
    assert len({each.user_id for each in ahead}) == len(ahead)


def test_of_200_members_and_2000_jobs_nobody_waits_for_a_flood() -> None:
    draw = random.Random(8)
    flooder, server = 200, 1001
    others = [
        job(number, 1000 + user % 4, user, draw.choice((4, 20, 30, 100)))
        for number, user in enumerate(user for _ in range(5) for user in range(flooder))
    ]
    one = [job(5000, server, flooder, 30)]
    flood = [job(5000 + n, server, flooder, 30) for n in range(2000 - len(others))]
    with_one, flooded = painted(others + one), painted(flood + others)
    assert (len(with_one), len(flooded)) == (len(others) + 1, 2000)
    for order in (with_one, flooded):
        check_shares(order, "server")
        for server_id in range(1000, 1004):
            check_shares([each for each in order if each.place.guild_id == server_id], "member")
    for user in range(flooder):
        first = next(n for n, each in enumerate(flooded) if each.user_id == user)
        assert sum(each.user_id == flooder for each in flooded[:first]) <= 1
    # In a server alone with its painter, that is what the wait changes by.
    same_server = [each for each in others if each.place.guild_id == server]
    calm, hurried = first_waits(painted(same_server + one)), first_waits(painted(flood + same_server))
    assert max(hurried[user] - calm[user] for user in calm if user != flooder) <= price(one[0])


def test_direct_messages_share_the_turn_of_one_server() -> None:
    direct = [job(number, user, user) for number, user in enumerate((1, 2, 3))]
    servers = [job(10 + number, 100, user) for number, user in enumerate((4, 5, 6))]
    assert [each.id for each in painted(direct + servers)] == [0, 10, 1, 11, 2, 12]


def test_what_is_a_copy_of_work_costs_as_much() -> None:
    one = GenerationParameters("a fox", guidance_scale=7.5, num_inference_steps=30)
    assert cost(one) == 60
    assert cost(replace(one, num_images=4)) == 4 * cost(one)
    assert cost(replace(one, guidance_scale=1.0)) == cost(one) / 2
    assert cost(replace(one, strength=0.5)) == cost(one) / 2
    assert cost(replace(one, width=256, height=128), native_size=128) == 2 * cost(one)
    assert cost(replace(one, num_inference_steps=1, strength=0.05)) == 2


async def test_a_flood_is_painted_in_turn_with_the_small_model(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.jobs.dispatcher.AT_ONCE", 1)
    async with opened_server(settings, working=False) as server:
        for member in (*[server.alice] * 4, server.bob, server.moderator):
            await member.slash(server.channel, "imagine", prompt="a fox", steps=2, count=1)
        async with server.working():
            jobs = [await server.shown(each) for each in await server.jobs()]
        made = [(creation.id, job.user_id) for job in jobs for creation in await server.creations(job)]
        alice, bob, morgan = server.alice.id, server.bob.id, server.moderator.id
        assert [user for _, user in sorted(made)] == [alice, bob, morgan, alice, alice, alice]
