"""What is removed is off the pictures of others that show it too: the sheets of digests, and podiums."""

import asyncio
import concurrent.futures
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageColor

from bot.app import built
from bot.challenges.podium import draw_podium
from bot.config import Settings
from bot.creations.models import Creation
from bot.database.states import Verdict
from bot.digest.contact_sheet import draw_sheet
from tests.support.cards import card_text
from tests.support.challenges import entered, hold, later
from tests.support.clock import Clock
from tests.support.digests import monday, wanted
from tests.support.images import opened, png
from tests.support.member_actions import kept, seen_by, taken_out
from tests.support.server import Server

COLOURS = ("#ff0000", "#00ff00", "#0000ff", "#ffff00")

pytestmark = pytest.mark.both_databases


async def painted(server: Server, colour: str, member: Any = None) -> Creation:
    """Return a picture of one colour."""
    job = await kept(server, member=member, file=png(Image.new("RGB", (320, 320), colour)))
    return (await server.creations(job))[0]


async def colours(message: Any) -> set[str]:
    """Return which of the colours the only picture of a message shows."""
    [attachment] = message.attachments
    pixels = np.asarray(opened(await attachment.read()).convert("RGB"), int)
    # A thumbnail's colours are nearly those of the picture.
    return {each for each in COLOURS if (np.abs(pixels - ImageColor.getrgb(each)).max(axis=2) < 8).sum() > 1000}


async def posted(club: Server, clock: Clock) -> tuple[Any, list[Creation]]:
    """Let a digest be posted; return its channel, and its pictures from the last to the first, the last one Bob's."""
    channel = await wanted(club)
    made = [await painted(club, colour) for colour in COLOURS[:3]]
    made.append(await painted(club, COLOURS[3], club.bob))
    await monday(club, clock)
    assert await colours(channel.history()[0]) == set(COLOURS)
    return channel, made


async def by_its_maker(club: Server, creation: Creation) -> None:
    answer = await club.bob.slash(club.channel, "show", number=creation.id)
    shown = next(each for each in club.messages() if each.id == answer.response.id)
    question = seen_by(club, club.bob, await club.bob.select(shown, ["remove"], custom_id=f"more:{creation.id}"))
    await club.bob.click(question, custom_id=f"remove:{creation.id}")


async def by_a_moderator(club: Server, creation: Creation) -> None:
    guild_id = club.alice.guild.id
    await club.atelier.moderation.cases.report(guild_id, creation.id, club.alice.id, "rude")
    with club.env.time_context():
        await club.atelier.moderation.cases.decide(guild_id, 1, club.moderator.id, Verdict.REMOVE, "rude")


async def by_being_forgotten(club: Server, _creation: Creation) -> None:
    asked = await club.bob.slash(club.channel, "privacy delete")
    await club.bob.click(seen_by(club, club.bob, asked), label="Delete everything")


@pytest.mark.parametrize("removed", [by_its_maker, by_a_moderator, by_being_forgotten])
async def test_what_is_removed_is_off_the_digest(
    club: Server, clock: Clock, removed: Callable[[Server, Creation], Awaitable[None]]
) -> None:
    channel, [first, second, third, bobs] = await posted(club, clock)
    await removed(club, bobs)
    [message] = channel.history()
    assert await colours(message) == set(COLOURS[:3])
    lines = card_text(message).splitlines()
    assert [line.split("](")[0] for line in lines[1:]] == [
        f"**{number}** · [#{creation.id}" for number, creation in enumerate((third, second, first), 1)
    ]
    assert str(club.bob.id) not in card_text(message)
    assert str(bobs.id) not in [option.value for option in select_of(message).options]
    await taken_out(club, second.id)
    await taken_out(club, third.id)
    [message] = channel.history()
    assert await colours(message) == {COLOURS[0]}
    await taken_out(club, first.id)
    assert channel.history() == []


def select_of(message: Any) -> Any:
    return next(each for part in message.components for row in part.children for each in getattr(row, "children", []))


async def test_a_digest_is_put_right_once_at_the_start_after_a_crash(
    club: Server, clock: Clock, settings: Settings
) -> None:
    channel, [_, second, *_] = await posted(club, clock)
    await club.atelier.kernel.removal.take([second.id])
    assert await colours(channel.history()[0]) == set(COLOURS)
    edits = []
    for _ in range(2):
        async with built(settings, clock) as atelier:
            await club.env.restart_bot(atelier.client)
            with club.env.time_context():
                await atelier.kernel.removal.finish()
        assert await colours(channel.history()[0]) == {*COLOURS} - {COLOURS[1]}
        edits.append(channel.history()[0].edited_at)
    assert edits[0] is not None
    assert edits[0] == edits[1]


async def test_what_discord_does_not_take_is_tried_again(
    club: Server, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    channel, [_, second, *_] = await posted(club, clock)
    club.env.inject_error("PATCH", f"/channels/{channel.id}/messages/*", status=400)
    await taken_out(club, second.id)
    assert "still shows a removed picture" in caplog.text
    assert await colours(channel.history()[0]) == set(COLOURS)
    with club.env.time_context():
        await club.atelier.kernel.removal.finish()
    assert await colours(channel.history()[0]) == {*COLOURS} - {COLOURS[1]}


async def test_a_digest_that_is_gone_holds_nobody_up(
    club: Server, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    channel, [first, second, *_] = await posted(club, clock)
    club.env.inject_error("PATCH", f"/channels/{channel.id}/messages/*", status=404, code=10008)
    await taken_out(club, first.id)
    assert "out of my reach" in caplog.text
    caplog.clear()
    with club.env.time_context():
        await club.atelier.kernel.removal.finish()
    assert caplog.text == ""
    await taken_out(club, second.id)
    assert await colours(channel.history()[0]) == set(COLOURS[2:])


async def test_what_is_removed_while_a_digest_is_drawn_is_not_on_it(
    club: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = await wanted(club)
    made = [await painted(club, colour) for colour in COLOURS]
    loop, removals = asyncio.get_running_loop(), []

    def drawn(pictures: list[bytes]) -> bytes:
        if not removals:
            removals.append(asyncio.run_coroutine_threadsafe(club.atelier.kernel.removal.remove([made[0].id]), loop))
            # It would be done by then, if it didn't wait for this.
            concurrent.futures.wait(removals, timeout=2)
        return draw_sheet(pictures)

    monkeypatch.setattr("bot.digest.service.draw_sheet", drawn)
    await monday(club, clock)
    with club.env.time_context():
        await asyncio.wrap_future(removals[0])
    [message] = channel.history()
    assert await colours(message) == set(COLOURS[1:])


async def over(club: Server, clock: Clock) -> list[Creation]:
    """Let a challenge of three pictures come to its end; return them, the winner first."""
    await hold(club)
    members = (club.alice, club.bob, club.moderator)
    made = [await painted(club, colour, member) for colour, member in zip(COLOURS, members, strict=False)]
    for creation, member in zip(made, members, strict=True):
        assert "is in" in await entered(club, member, creation)
    return made


def podium(club: Server) -> Any:
    [message] = [each for each in club.channel.history() if "Results: Autumn" in card_text(each)]
    return message


async def test_a_podium_is_put_right_at_the_start_after_a_crash(club: Server, clock: Clock, settings: Settings) -> None:
    [mine, *_] = await over(club, clock)
    for hours in (48, 24):
        await later(club, clock, hours=hours)
    assert await colours(podium(club)) == set(COLOURS[:3])
    await club.atelier.kernel.removal.take([mine.id])
    edits = []
    for _ in range(2):
        async with built(settings, clock) as atelier:
            await club.env.restart_bot(atelier.client)
            with club.env.time_context():
                await atelier.challenges.scheduler.advance()
        assert await colours(podium(club)) == set(COLOURS[1:3])
        assert f"picture {mine.id}" not in card_text(podium(club))
        edits.append(podium(club).edited_at)
    assert edits[0] is not None
    assert edits[0] == edits[1]


async def test_what_is_removed_while_a_podium_is_drawn_is_not_on_it(
    club: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    [mine, *_] = await over(club, clock)
    await later(club, clock, hours=48)
    loop, taken = asyncio.get_running_loop(), []

    def drawn(pictures: list[bytes], places: list[int]) -> bytes:
        if not taken:
            taken.append(asyncio.run_coroutine_threadsafe(club.atelier.kernel.removal.take([mine.id]), loop).result())
        return draw_podium(pictures, places)

    monkeypatch.setattr("bot.challenges.scheduler.draw_podium", drawn)
    await later(club, clock, hours=24)
    assert await colours(podium(club)) == set(COLOURS[:3])
    await later(club, clock, hours=0)
    assert await colours(podium(club)) == set(COLOURS[1:3])
