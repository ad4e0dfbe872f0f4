"""The weekly digest: when it is posted, once, and what is on it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
from PIL import Image

from bot.app import built
from bot.config import Settings
from bot.core.safety_levels import Handling
from bot.digest.contact_sheet import draw_sheet
from bot.digest.service import MOST, next_digest
from tests.support.cards import card_text
from tests.support.clock import Clock
from tests.support.digests import look, monday, server_panel, wanted
from tests.support.images import opened, png
from tests.support.member_actions import kept, likes, seen_by
from tests.support.server import Server


@pytest.mark.parametrize(
    ("moment", "due"),
    [("2026-07-13T08:59", "2026-07-13"), ("2026-07-13T09:00", "2026-07-20"), ("2026-07-19T23:59", "2026-07-20")],
)
def test_it_is_due_on_mondays_at_nine(moment: str, due: str) -> None:
    expected = datetime.fromisoformat(f"{due}T09:00").replace(tzinfo=UTC)
    assert next_digest(datetime.fromisoformat(moment).replace(tzinfo=UTC)) == expected


async def test_the_best_of_the_week_is_posted_once(club: Server, clock: Clock) -> None:
    channel = await wanted(club)
    jobs = [await kept(club, count=2) for _ in range(MOST)] + [await kept(club, member=club.bob)]
    await likes(club, jobs[-1], club.alice, club.moderator)
    await likes(club, jobs[3], club.bob)
    [bobs], [first, _] = await club.creations(jobs[-1]), await club.creations(jobs[3])
    await look(club)
    assert channel.history() == []
    await monday(club, clock)
    [message] = channel.history()
    lines = card_text(message).splitlines()
    assert lines[0] == "## The best of the week"
    assert lines[1] == f"**1** · [#{bobs.id}]({jobs[-1].place.link}) <@{club.bob.id}> · ⭐ 2"
    assert lines[2] == f"**2** · [#{first.id}]({jobs[3].place.link}) <@{club.alice.id}> · ⭐ 1"
    assert len(lines) == 1 + MOST
    assert opened(await message.attachments[0].read()).size == (1040, 1136)
    allowed = club.env.backend.get_message(channel.id, message.id).allowed_mentions
    assert (allowed.everyone, allowed.users) == (False, frozenset())
    alone = seen_in(channel, club.alice, await club.alice.select(message, [str(bobs.id)], custom_id="open"))
    assert f"more:{bobs.id}" in str([item.to_dict() for item in alone.components])
    for _ in range(2):
        await look(club)
    assert len(channel.history()) == 1


def seen_in(channel: Any, member: Any, answer: Any) -> Any:
    return next(each for each in channel.history(viewer=member) if each.id == answer.response.id)


async def test_what_was_missed_is_posted_once_at_the_next_start(club: Server, clock: Clock, settings: Settings) -> None:
    clock.ahead = -timedelta(days=25)
    channel = await wanted(club)
    for _ in range(3):
        await kept(club)
    clock.ahead = timedelta()
    for _ in range(2):
        async with built(settings, clock) as atelier:
            await club.env.restart_bot(atelier.client)
            with club.env.time_context():
                await atelier.digest.service.advance()
        assert len(channel.history()) == 1


async def test_it_is_off_until_it_is_chosen_and_when_it_is_no_longer(club: Server, clock: Clock) -> None:
    for _ in range(3):
        await kept(club)
    before = len(club.channel.history())
    await monday(club, clock)
    assert len(club.channel.history()) == before
    clock.ahead = timedelta()
    channel = await wanted(club)
    await club.moderator.select(await server_panel(club), [], custom_id="choose:digest")
    await monday(club, clock)
    assert channel.history() == []
    # Whoever turns it on again waits for the next Monday.
    clock.ahead = timedelta()
    await club.moderator.select(await server_panel(club), [channel], custom_id="choose:digest")
    await look(club)
    assert channel.history() == []
    await monday(club, clock)
    assert len(channel.history()) == 1


async def test_a_week_with_few_pictures_has_no_digest(club: Server, clock: Clock) -> None:
    channel = await wanted(club)
    await kept(club, count=4)
    await kept(club)
    await monday(club, clock)
    assert channel.history() == []
    for _ in range(2):
        await kept(club)
    # The week is over; its pictures are none of the next one.
    await monday(club, clock)
    assert channel.history() == []


async def test_nothing_held_and_no_spoiler_is_in_it(club: Server, clock: Clock) -> None:
    channel = await wanted(club)
    for handling in (Handling.HOLD, Handling.SPOILER, Handling.NOTHING, Handling.NOTHING, Handling.NOTHING):
        await kept(club, handling=handling)
    await monday(club, clock)
    [message] = channel.history()
    assert [f"[#{number}]" in card_text(message) for number in range(1, 6)] == [False, False, True, True, True]


async def test_nothing_of_an_age_restricted_channel_is_shown_in_one_that_is_not(
    club: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = await wanted(club)
    for _ in range(3):
        await kept(club)
    # SimCord's channels can't be age-restricted.
    monkeypatch.setattr(discord.TextChannel, "is_nsfw", lambda channel: channel.id == club.channel.id)
    await monday(club, clock)
    assert channel.history() == []
    clock.ahead = timedelta()
    monkeypatch.setattr(discord.TextChannel, "is_nsfw", lambda _: True)
    await club.moderator.select(await server_panel(club), [], custom_id="choose:digest")
    await look(club)
    await club.moderator.select(await server_panel(club), [channel], custom_id="choose:digest")
    await look(club)
    await monday(club, clock)
    assert len(channel.history()) == 1


async def test_a_closed_channel_is_logged_and_the_next_week_is_another(
    club: Server, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    channel = await wanted(club)
    for _ in range(3):
        await kept(club)
    club.env.inject_error("POST", f"/channels/{channel.id}/messages", status=403, code=50013)
    await monday(club, clock)
    await look(club)
    assert channel.history() == []
    assert "channel of server" in caplog.text


async def test_what_discord_did_not_take_is_tried_again(club: Server, clock: Clock) -> None:
    channel = await wanted(club)
    for _ in range(3):
        await kept(club)
    club.env.inject_error("POST", f"/channels/{channel.id}/messages", status=400)
    await monday(club, clock)
    assert channel.history() == []
    await look(club)
    assert len(channel.history()) == 1


async def test_only_those_who_manage_a_server_choose_its_channel(club: Server) -> None:
    guild = club.alice.guild
    closed = {guild.default_role: discord.PermissionOverwrite(attach_files=False)}
    channel = guild.create_text_channel("weekly", overwrites=closed)
    panel = seen_by(club, club.alice, await club.alice.slash(club.channel, "settings"))
    assert "choose:digest" not in str([item.to_dict() for item in panel.components])
    refused = await club.moderator.select(await server_panel(club), [channel], custom_id="choose:digest")
    assert "I may not post pictures in that channel" in refused.response.content
    assert (await club.atelier.kernel.settings.of_guild(guild.id)).digest_channel_id == 0


@pytest.mark.parametrize(("count", "size"), [(3, (1040, 392)), (4, (1040, 764))])
def test_a_sheet_shows_every_picture_whole(count: int, size: tuple[int, int]) -> None:
    shapes = [(640, 160), (100, 400), (320, 320), (512, 384)]
    drawn = opened(draw_sheet([png(Image.new("RGB", shape, "#ff0000")) for shape in shapes[:count]]))
    assert drawn.size == size
    red = sum(pixel == (255, 0, 0) for pixel in drawn.get_flattened_data())
    assert red == sum((320 * 80, 80 * 320, 320 * 320, 320 * 240)[:count])
