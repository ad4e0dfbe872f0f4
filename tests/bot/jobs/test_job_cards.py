"""What the card shows while a job waits and runs, and its Cancel button."""

import re
import time
from typing import Any

import pytest

from bot.database.states import JobStatus
from bot.jobs import dispatcher
from bot.jobs.models import Job
from tests.support.cards import card_buttons
from tests.support.server import LONG, Server
from tests.support.waiting import eventually


async def running_and_waiting(server: Server) -> tuple[Job, Job]:
    """Start a long job of Alice's and put one of Bob's behind it."""
    await server.inpaint(server.alice, steps=30, count=4)
    running = await server.job(status=JobStatus.RUNNING)
    await server.inpaint(server.bob)
    waiting = next(job for job in await server.jobs() if job.id != running.id)
    return running, waiting


async def press_cancel(server: Server, member: Any, job: Job) -> str:
    """Press the card's button once it is there; return what the member alone is told."""
    await eventually(lambda: "Cancel" in card_buttons(server.card(job)))
    result = await member.click(server.card(job), label="Cancel")
    return "\n".join(followup.content for followup in result.followups)


async def test_a_running_job_shows_bar_steps_time_and_previews(server: Server) -> None:
    started = time.monotonic()
    await server.inpaint(steps=40, count=4)
    job = await server.job(status=JobStatus.RUNNING)
    await eventually(lambda: re.search(r"▰▱+ step \d+ of 40 · about \d+ s left", server.text(job)))
    await eventually(lambda: [file.filename for file in server.card(job).attachments] == [f"preview-{job.id}.jpg"])
    assert card_buttons(server.card(job)) == ["Cancel"]
    await server.shown(job)
    names = [file.filename for file in server.card(job).attachments]
    assert len(names) == 4
    assert not any("preview" in name for name in names)
    assert len(server.messages()) == 1
    edits = [entry for entry in server.env.http_requests if entry.method == "PATCH" and "messages" in entry.path]
    # The first card and the result, and in between one every 2.5 s at the most.
    assert 3 <= len(edits) <= 2 + (time.monotonic() - started) / 2.5


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """With many places, few jobs would ever be seen waiting."""
    monkeypatch.setattr(dispatcher, "AT_ONCE", 1)


@pytest.mark.usefixtures("one_at_a_time")
async def test_a_waiting_job_shows_its_place_and_the_model_that_loads(server_with_own_engine: Server) -> None:
    server = server_with_own_engine
    await server.inpaint(**LONG)
    first = await server.job()
    await eventually(lambda: "You are next in line. The model is getting ready" in server.text(first))
    await server.inpaint(server.bob)
    await server.inpaint(server.bob)
    _, second, third = await server.jobs()
    await eventually(lambda: "You are next in line." in server.text(second))
    await eventually(lambda: "Place 2 in line." in server.text(third))
    assert "model" not in server.text(third)


@pytest.mark.usefixtures("one_at_a_time")
async def test_a_waiting_job_is_cancelled_by_its_owner_and_by_nobody_else(server: Server) -> None:
    running, waiting = await running_and_waiting(server)
    assert "Only the member who asked for this" in await press_cancel(server, server.alice, waiting)
    assert await press_cancel(server, server.bob, waiting) == ""
    waiting = await server.shown(waiting)
    assert waiting.status is JobStatus.CANCELLED
    assert "Cancelled." in server.text(waiting)
    assert card_buttons(server.card(waiting)) == []
    assert (await server.shown(running)).status is JobStatus.SUCCEEDED
    assert await server.creations(waiting) == []


@pytest.mark.usefixtures("one_at_a_time")
async def test_a_running_job_is_cancelled_by_a_moderator_and_the_next_one_runs(server: Server) -> None:
    running, waiting = await running_and_waiting(server)
    await press_cancel(server, server.moderator, running)
    running = await server.shown(running)
    assert running.status is JobStatus.CANCELLED
    assert await server.creations(running) == []
    assert (await server.shown(waiting)).status is JobStatus.SUCCEEDED
