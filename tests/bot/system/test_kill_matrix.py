"""Killed at any moment, started again: no job is lost, none is shown twice, no file is left over."""

import random
from pathlib import Path

import pytest

from tests.support.bot_processes import Bots, bots_in
from tests.support.killable_bot import LOOKS
from tests.support.waiting import eventually

# A part of the card of a job that runs and isn't done.
BAR = "▰"

PAINTED = [
    # The first time it is a member's picture that is synced; later that is there already, and it is a result.
    *(
        "after fsync 1",
        "before FileStore.put 1",
        "after FileStore.put 1",
        "before FileStore.put 2",
        "after FileStore.put 2",
    ),
    *("before InteractionResponse.defer 1", "after InteractionResponse.defer 1"),
    *("before DraftStore.add 1", "after DraftStore.add 1", "before JobStore.add_job 1", "after JobStore.add_job 1"),
    *("before commit 1", "before commit 2", "before commit 3", "before commit 4", "before commit 5"),
    *("before JobQueue.put_nowait 1", "after JobQueue.put_nowait 1"),
    *("before JobStore.start_job 1", "after JobStore.start_job 1", "before FileStore.get 1", "after FileStore.get 2"),
    *("before Delivery.update 1", "before Delivery._edit 1", "after Delivery._edit 1"),
    "before engine.score 1",
    *("before engine.request 1", "before engine.progress 1", "after engine.progress 1", "after engine.progress 3"),
    *("before engine.end 1", "before FileStore.put 3", "after fsync 1", "after fsync 2", "after FileStore.put 4"),
    *("before JobStore.finish_job 1", "after JobStore.finish_job 1"),
    *("before Delivery.deliver 1", "before JobStore.mark_delivered 1", "after JobStore.mark_delivered 1"),
    "after Delivery.deliver 1",
]
FAILED = ["before JobStore.fail_job 1", "after JobStore.fail_job 1", "before JobStore.mark_delivered 1"]
DIED = [
    "before JobStore.requeue_job 1",
    "after JobStore.requeue_job 1",
    "after JobQueue.put_nowait 2",
    "after JobStore.start_job 2",
]
HANDED_IN = [
    *("before Webhook.send 1", "after Webhook.send 1", "before JobStore.add_job 1", "after JobStore.add_job 1"),
    "before JobQueue.put_nowait 1",
]
CANCELLED = [
    *("before Dispatcher.cancel 1", "before engine.cancel 1", "after Dispatcher.cancel 1", "before engine.cancelled 1"),
    *("before JobStore.cancel_job 2", "after JobStore.cancel_job 2", "before JobStore.mark_delivered 1"),
]
CANCELLED_WAITING = [
    *("before JobStore.cancel_job 1", "after JobStore.cancel_job 1", "before Delivery.deliver 1"),
    *("before JobStore.mark_delivered 1", "after Delivery.deliver 1"),
]
HEARTBEAT = ["before JobStore.renew_leases 1", "after JobStore.renew_leases 1", "before JobStore.renew_leases 2"]
# What is crossed by a bot that starts after one that was killed while a job ran, and one whose end was not shown.
RECOVERING = [
    *("before Dispatcher.recover 1", "before JobStore.lost_jobs 1", "before JobStore.requeue_job 1"),
    *("after JobStore.requeue_job 1", "before JobQueue.put_nowait 1", "after Dispatcher.recover 1"),
    *("before JobStore.undelivered_jobs 1", "before DraftStore.expire 1", "after DraftStore.expire 1"),
]
SHOWING = [
    "before Delivery.deliver 1",
    "before Delivery._edit 1",
    "after Delivery._edit 1",
    "after JobStore.mark_delivered 1",
]


async def die(bots: Bots, life: str, point: str) -> None:
    """Live a life of jobs with a bot that kills itself at a point of it; `bots` has one running that isn't armed."""
    match life:
        case "painted" | "fails":
            bots.arm()
            await bots.ask(f"a {life} fox")
        case "dies":
            bots.arm()
            await bots.ask(f"a fox dies {random.Random(point).randrange(3)}")
        case "handed in":
            prompt = await bots.ask("a fox", LOOKS)
            await eventually(lambda: bots._with_button(prompt, "Go"))
            bots.arm()
            await bots.press(prompt, "Go", LOOKS)
        case "cancelled":
            prompt = await bots.ask("a long fox")
            await eventually(lambda: bots.card(prompt, BAR))
            bots.arm()
            await bots.press(prompt, "Cancel")
        case "cancelled waiting":
            await bots.ask("a long fox")
            await eventually(lambda: bots.rows("SELECT 1 FROM jobs WHERE status = 'running'"))
            prompt = await bots.ask("a fox")
            await eventually(lambda: bots._with_button(prompt, "Cancel"))
            bots.arm()
            await bots.press(prompt, "Cancel")
        case "heartbeat":
            bots.arm()
            await bots.ask("a long fox")
    await bots.killed(point)


async def handed_in_again(bots: Bots) -> None:
    """Press Go on the drafts that are still there: what was not accepted is not lost either."""
    query = f"SELECT json_extract(request, '$.prompt') FROM drafts WHERE user_id = {LOOKS}"
    for (prompt,) in bots.rows(query):
        card = next(each for each in bots.outside.messages.values() if prompt in each.text and "Go" in each.buttons)
        await bots.outside.press(card, "Go", LOOKS)
    await eventually(lambda: not bots.rows(query))


LIVES = {
    "painted": PAINTED,
    "fails": FAILED,
    "dies": DIED,
    "handed in": HANDED_IN,
    "cancelled": CANCELLED,
    "cancelled waiting": CANCELLED_WAITING,
    "heartbeat": HEARTBEAT,
}


# All points take minutes; a few of each life are left for every day.
HOW_MANY = pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.soak)], ids=["some", "all"])


@HOW_MANY
@pytest.mark.parametrize("life", LIVES)
async def test_killed_at_points_of_a_jobs_life(life: str, step: int, tmp_path: Path) -> None:
    async with bots_in(tmp_path) as bots:
        for point in LIVES[life][::step]:
            await bots.start(point)
            await bots.drained()
            await bots.check()
            await die(bots, life, point)
        await bots.start()
        await handed_in_again(bots)
        await bots.drained()
        await bots.check()
        if life == "handed in":
            assert len(bots.rows("SELECT 1 FROM jobs")) == bots.asked
        await bots.kill()
        await bots.check_files()


@HOW_MANY
@pytest.mark.parametrize(
    ("left", "points"), [("after engine.progress 1", RECOVERING), ("after JobStore.finish_job 1", SHOWING)]
)
async def test_killed_while_it_takes_up_what_was_left(left: str, points: list[str], step: int, tmp_path: Path) -> None:
    async with bots_in(tmp_path) as bots:
        for point in points[::step]:
            await bots.start(left)
            await bots.drained()
            await bots.check()
            await die(bots, "painted", left)
            await bots.start(point, at_start=True)
            await bots.killed(point)
        await bots.start()
        await bots.drained()
        await bots.check()
        assert len(bots.rows("SELECT 1 FROM jobs")) == len(points[::step])
        await bots.kill()
        await bots.check_files()


async def test_killed_while_the_real_engine_paints(tmp_path: Path) -> None:
    async with bots_in(tmp_path) as bots:
        await bots.start(engine="real")
        await eventually(lambda: "the engine is ready" in (tmp_path / "log").read_text())
        prompt = await bots.ask("a red cat", steps=100)
        await eventually(lambda: bots.card(prompt, BAR))
        await bots.kill()
        await bots.start(engine="real")
        await bots.drained()
        await bots.check()
        assert bots.rows("SELECT status, lease FROM jobs") == [("succeeded", 2)]


def test_the_matrix_has_points_enough() -> None:
    named = {(life, point) for life, points in LIVES.items() for point in points}
    assert len(named) + len(RECOVERING) + len(SHOWING) >= 60
