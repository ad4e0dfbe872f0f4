"""Deleted means gone: messages are tried again until they are right, and no file of the database has a word left."""

import io
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import discord
import pytest

from bot.creations.models import Creation, NewCreation
from bot.digest.store import DigestPost, DigestStore
from bot.jobs.models import Job
from bot.platform import patience
from bot.settings.models import STAR
from bot.ui.cards import DONE, Upload, card, gallery
from tests.support.cards import card_text
from tests.support.clock import Clock
from tests.support.images import meadow, png
from tests.support.member_actions import kept, viewer
from tests.support.privacy import SECRET, delete
from tests.support.server import Server
from tests.support.waiting import eventually

GONE = [(404, 10008), (404, 10003)]
# A permission is lost, Discord is ill, it takes nothing so large, and nobody knows.
NOT_GONE = [(403, 50013), (403, 50001), (503, 0), (400, 50035), (404, 0)]


def deny(server: Server, status: int, code: int) -> None:
    """Let Discord take no change of a message, but the answer to whoever asks."""
    for method in ("PATCH", "DELETE"):
        server.env.inject_error(method, "/channels/*/messages/*", status=status, code=code, times=None)


def allow(server: Server) -> None:
    server.env.backend.faults.clear()


def message(channel: Any, message_id: int) -> Any:
    return next((each for each in channel.history() if each.id == message_id), None)


# Messages that show pictures of Alice's, or what she said


async def on_its_card(server: Server, job: Job, creation: Creation) -> tuple[Any, int]:
    with server.env.time_context():
        await server.atelier.kernel.delivery.redraw(job.id)
    return server.channel, job.place.message_id


async def on_show(server: Server, job: Job, creation: Creation) -> tuple[Any, int]:
    return server.channel, (await server.bob.slash(server.channel, "show", number=creation.id)).response.id


async def in_a_direct_message(server: Server, job: Job, creation: Creation) -> tuple[Any, int]:
    await on_its_card(server, job, creation)
    await server.bob.select(server.card(job), ["send"], custom_id=f"more:{creation.id}")
    [sent] = server.bob.user.dm_channel.history()
    return server.bob.user.dm_channel, sent.id


async def in_the_showcase(server: Server, job: Job, creation: Creation) -> tuple[Any, int]:
    channel = server.alice.guild.create_text_channel("showcase")
    guild_id = server.alice.guild.id
    await server.atelier.kernel.settings.choose(guild_id, showcase_channel_id=channel.id, showcase_from=1)
    await server.bob.react(server.card(job), STAR)
    [shown] = channel.history()
    return channel, shown.id


async def on_a_case(server: Server, job: Job, creation: Creation) -> tuple[Any, int]:
    office = server.alice.guild.create_text_channel("office")
    await server.atelier.kernel.settings.choose(server.alice.guild.id, cases_channel_id=office.id)
    await server.atelier.moderation.cases.report(server.alice.guild.id, creation.id, server.bob.id, "rude")
    with server.env.time_context():
        await server.atelier.moderation.cases.post()
    [card] = office.history()
    return office, card.id


async def in_a_digest(server: Server, job: Job, creation: Creation) -> tuple[Any, int]:
    channel = server.alice.guild.create_text_channel("weekly")
    with server.env.time_context():
        posted = await server.atelier.client.get_partial_messageable(channel.id).send(
            view=card(DONE, gallery([Upload("week.png", b"", "The week")])).view,
            file=discord.File(io.BytesIO(png(meadow())), "week.png"),
        )
    store: DigestStore = server.atelier.digest.service._digests  # pyright: ignore[reportPrivateUsage]
    guild_id = server.alice.guild.id
    await store.plan(guild_id, None, DigestPost(guild_id, channel.id, posted.id, (creation,)))
    return channel, posted.id


PLACES: dict[str, Callable[[Server, Job, Creation], Awaitable[tuple[Any, int]]]] = {
    "its own card": on_its_card,
    "/show": on_show,
    "a direct message": in_a_direct_message,
    "the showcase": in_the_showcase,
    "a case": on_a_case,
    "a digest": in_a_digest,
}


@pytest.mark.parametrize("way", ["removed", "everything deleted"])
@pytest.mark.parametrize("place", PLACES)
async def test_a_message_is_tried_again_until_it_shows_nothing(idle_server: Server, place: str, way: str) -> None:
    server = idle_server
    job = await kept(server)
    [creation] = await server.creations(job)
    channel, message_id = await PLACES[place](server, job, creation)
    assert message(channel, message_id).attachments
    for number, (status, code) in enumerate(NOT_GONE):
        deny(server, status, code)
        if number:
            with server.env.time_context():
                await server.atelier.kernel.removal.finish()
        elif way == "removed":
            with server.env.time_context():
                await server.atelier.kernel.removal.remove([creation.id])
        else:
            answer = await delete(server, server.alice)
            assert "of my messages could not be changed yet" in answer
            assert "I go on trying" in answer
        assert message(channel, message_id).attachments
        allow(server)
    with server.env.time_context():
        await server.atelier.kernel.removal.finish()
    now = message(channel, message_id)
    assert now is None or now.attachments == []
    requests = len(server.env.http_requests)
    with server.env.time_context():
        await server.atelier.kernel.removal.finish()
    assert len(server.env.http_requests) == requests


@pytest.mark.parametrize(("status", "code"), GONE)
@pytest.mark.parametrize("place", PLACES)
async def test_what_is_gone_for_good_is_not_tried_again(
    idle_server: Server, place: str, status: int, code: int
) -> None:
    server = idle_server
    job = await kept(server)
    [creation] = await server.creations(job)
    await PLACES[place](server, job, creation)
    deny(server, status, code)
    assert await delete(server, server.alice) == "Everything about you is deleted."
    requests = len(server.env.http_requests)
    with server.env.time_context():
        await server.atelier.kernel.removal.finish()
    assert len(server.env.http_requests) == requests


async def test_where_the_bot_is_no_member_any_longer_nothing_is_tried(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = idle_server
    job = await kept(server)
    deny(server, 403, 50001)
    monkeypatch.setattr(server.atelier.client, "get_guild", lambda _: None)
    [creation] = await server.creations(job)
    with server.env.time_context():
        await server.atelier.kernel.removal.remove([creation.id])
    assert await server.atelier.kernel.store.undelivered_jobs() == []


async def test_it_is_tried_again_by_itself(idle_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server = idle_server
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.05)
    job = await kept(server)
    await on_its_card(server, job, (await server.creations(job))[0])
    async with server.working():
        deny(server, 403, 50013)
        assert "could not be changed yet" in await delete(server, server.alice)
        allow(server)
        await eventually(lambda: server.card(job).attachments == [])
        await server.shown(job)
    assert card_text(server.card(job)) == "Removed at the wish of whoever made it."


async def test_pauses_grow_and_other_messages_are_not_held_up(idle_server: Server) -> None:
    waiting = idle_server.atelier.kernel.delivery.patience
    pauses = []
    for _ in range(12):
        waiting.failed("a")
        pauses.append(waiting._failures["a"][1])  # pyright: ignore[reportPrivateUsage]
        assert not waiting.is_due("a")
        assert waiting.is_due("b")
    longest = pauses[-1] - pauses[-2]
    assert longest < 60
    assert pauses[3] - pauses[2] > pauses[1] - pauses[0]
    waiting.done("a")
    assert waiting.is_due("a")


async def test_the_token_is_used_while_it_lives_though_no_row_has_it(idle_server: Server) -> None:
    server = idle_server
    await server.alice.slash(server.channel, "imagine", prompt=SECRET, count=1)
    job = await server.job()
    started = await server.atelier.kernel.store.start_job(job.id)
    assert started
    key = await server.atelier.kernel.files.put(png(meadow()))
    await server.atelier.kernel.store.finish_job(started, [NewCreation(key, 1, "starter", 160, 120)])
    with server.env.time_context():
        await server.atelier.kernel.delivery.deliver(job.id)
    assert len(server.card(job).attachments) == 1
    # The bot itself could not change it: it may not see the channel.
    deny(server, 403, 50001)
    assert await delete(server, server.alice) == "Everything about you is deleted."
    assert server.card(job).attachments == []
    assert SECRET not in server.text(job)
    now = await server.atelier.kernel.store.job(job.id)
    assert now is not None
    assert now.place.interaction_token == ""
    assert now.delivered


async def test_a_card_that_showed_what_was_removed_meanwhile_is_not_taken_for_right(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = idle_server
    job = await kept(server, count=2, file=png(meadow()))
    first, _ = await server.creations(job)
    bot = server.atelier.kernel.delivery
    edit = bot.edit

    async def slow(*given: Any) -> None:
        monkeypatch.setattr(bot, "edit", edit)
        await edit(*given)
        await server.atelier.kernel.removal.take([first.id])

    monkeypatch.setattr(bot, "edit", slow)
    with server.env.time_context():
        await bot.redraw(job.id)
    assert [each.id for each in await server.atelier.kernel.store.undelivered_jobs()] == [job.id]


@pytest.mark.parametrize("fault", [(404, 10008), (403, 50013)])
async def test_a_podium_is_drawn_anew_whatever_became_of_its_announcement(
    club: Server, clock: Clock, fault: tuple[int, int]
) -> None:
    server = club
    podium, mine = await _podium(server, clock)
    challenge = await server.atelier.challenges.service.challenge(server.alice.guild.id, 1)
    server.env.inject_error(
        "PATCH", f"/channels/*/messages/{challenge.message_id}", status=fault[0], code=fault[1], times=1
    )
    with server.env.time_context():
        await server.atelier.kernel.removal.remove([mine.id])
        await server.atelier.challenges.scheduler.advance()
    assert f"picture {mine.id}" not in card_text(message(server.channel, podium))
    again = await server.atelier.challenges.service.challenge(server.alice.guild.id, 1)
    assert (again.shown_state is None) == (fault[0] == 403)


async def test_a_podium_that_could_not_be_changed_is_tried_again(club: Server, clock: Clock) -> None:
    server = club
    podium, mine = await _podium(server, clock)
    deny(server, 403, 50013)
    with server.env.time_context():
        await server.atelier.kernel.removal.remove([mine.id])
        await server.atelier.challenges.scheduler.advance()
    assert f"picture {mine.id}" in card_text(message(server.channel, podium))
    allow(server)
    server.atelier.kernel.delivery.patience.start_anew()
    with server.env.time_context():
        await server.atelier.challenges.scheduler.advance()
    assert f"picture {mine.id}" not in card_text(message(server.channel, podium))


async def _podium(server: Server, clock: Clock) -> tuple[int, Creation]:
    """Let a challenge end that Alice and Bob took part in; return its podium's message and Alice's entry."""
    desk, herald = server.atelier.challenges.service, server.atelier.challenges.scheduler
    times = {"hours": 1, "voting_hours": 1}
    await server.moderator.slash(server.channel, "challenge create", title="Autumn", theme="gold", **times)
    with server.env.time_context():
        await herald.advance()
        mine = None
        for number, member in ((2, server.bob), (1, server.alice)):
            [mine] = await server.creations(await kept(server, member=member, file=png(meadow(number + 99))))
            await desk.enter(server.alice.guild.id, 1, viewer(server, member), mine.id)
        for _ in range(2):
            clock.ahead += timedelta(hours=1)
            await herald.advance()
    assert mine
    podium = next(each for each in server.channel.history() if "Results: Autumn" in card_text(each))
    assert f"picture {mine.id}" in card_text(podium)
    return podium.id, mine


# Words


async def test_what_moderators_said_of_who_is_forgotten_goes_from_their_cards(idle_server: Server) -> None:
    server = idle_server
    job = await kept(server)
    [creation] = await server.creations(job)
    office, card_id = await on_a_case(server, job, creation)
    modal = await server.moderator.click(message(office, card_id), label="Remove")
    await server.moderator.submit_modal(modal, {"why": f"it was {SECRET}"})
    assert SECRET in card_text(message(office, card_id))
    for member in (server.alice, server.moderator):
        assert f"<@{member.id}>" in card_text(message(office, card_id))
        await delete(server, member)
        assert f"<@{member.id}>" not in card_text(message(office, card_id))
        assert SECRET not in card_text(message(office, card_id))


async def test_what_a_member_reported_is_withdrawn_later_where_it_can_not_be_now(idle_server: Server) -> None:
    server = idle_server
    job = await kept(server)
    [creation] = await server.creations(job)
    office, card_id = await on_a_case(server, job, creation)
    deny(server, 403, 50013)
    assert "could not be changed yet" in await delete(server, server.bob)
    assert "rude" in card_text(message(office, card_id))
    allow(server)
    with server.env.time_context():
        await server.atelier.kernel.removal.finish()
    assert card_text(message(office, card_id)) == "Withdrawn."


# What is given


@pytest.mark.parametrize("is_removed", [True, False])
async def test_a_lost_permission_ends_a_delivery_only_where_nothing_was_removed(
    idle_server: Server, is_removed: bool
) -> None:
    server = idle_server
    job = await kept(server, count=2)
    first, _ = await server.creations(job)
    if is_removed:
        await server.atelier.kernel.removal.take([first.id])
    else:
        await server.atelier.kernel.store.mark_undelivered(job.id)
    deny(server, 403, 50013)
    with server.env.time_context():
        await server.atelier.kernel.delivery.deliver(job.id)
    assert bool(await server.atelier.kernel.store.undelivered_jobs()) == is_removed
