"""Showing how a job ended, whatever Discord does meanwhile."""

import pytest

from bot.database.states import JobStatus
from bot.jobs import delivery
from bot.jobs.models import Job
from tests.support.server import Server
from tests.support.waiting import eventually


async def accepted(server: Server) -> Job:
    await server.inpaint()
    return await server.job(status=JobStatus.QUEUED)


def edits(server: Server, by: str) -> int:
    """Count the edits of messages by `webhooks` (the interaction's token) or `channels` (the bot)."""
    return sum(
        entry.method == "PATCH" and entry.path.startswith(f"/{by}/") and "/messages/" in entry.path
        for entry in server.env.http_requests
    )


async def test_a_result_is_shown_after_the_interaction_has_expired(idle_server: Server) -> None:
    job = await accepted(idle_server)
    # Discord's clock goes on, ours does not: the token is refused earlier than expected.
    await idle_server.env.advance_time(16 * 60)
    async with idle_server.working():
        await idle_server.shown(job)
    assert len(idle_server.card(job).attachments) == 1
    assert edits(idle_server, "channels") >= 1


async def test_a_late_result_is_shown_by_the_bot_itself(idle_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await accepted(idle_server)
    monkeypatch.setattr(delivery, "TOKEN_LIFETIME", delivery.TOKEN_LIFETIME * 0)
    before = edits(idle_server, "webhooks")
    async with idle_server.working():
        await idle_server.shown(job)
    assert len(idle_server.card(job).attachments) == 1
    assert edits(idle_server, "webhooks") == before


async def test_discord_being_ill_for_a_while_delays_the_result(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "RETRY_SECONDS", (0.1,) * 50)
    job = await accepted(idle_server)
    idle_server.env.inject_error("PATCH", "/webhooks/*", status=503, times=8)
    async with idle_server.working():
        await idle_server.shown(job)
    assert len(idle_server.card(job).attachments) == 1


async def test_a_result_that_was_not_shown_waits_for_the_next_start(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(delivery, "RETRY_SECONDS", (0.1,))
    job = await accepted(idle_server)
    idle_server.env.inject_error("PATCH", "/webhooks/*", status=500, times=None)
    async with idle_server.working():
        await idle_server.job(status=JobStatus.SUCCEEDED)
        await eventually(lambda: "could not be shown" in caplog.text.split("the end of job")[-1])
    assert not (await idle_server.job()).delivered
    idle_server.env.backend.faults.clear()
    async with idle_server.working():
        await idle_server.shown(job)
    assert len(idle_server.card(job).attachments) == 1


async def test_a_deleted_card_ends_the_job_all_the_same(idle_server: Server) -> None:
    job = await accepted(idle_server)
    await idle_server.moderator.delete(idle_server.card(job))
    async with idle_server.working():
        job = await idle_server.shown(job)
        assert job.status is JobStatus.SUCCEEDED
        await idle_server.inpaint()
        await idle_server.shown((await idle_server.jobs())[1])
    assert len(idle_server.messages()) == 1
