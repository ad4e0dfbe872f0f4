"""What was made day by day: counted, drawn and told."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.core.clock import now
from bot.creations.models import Kind
from bot.stats.models import Activity, Day
from bot.stats.plot import BACKGROUND, COLOURS, MEMBERS, draw_activity
from bot.stats.store import ActivityStore
from tests.support.cards import card_text
from tests.support.images import opened
from tests.support.member_actions import kept, seen_by, taken_out, viewer
from tests.support.server import Server


async def told(server: Server, member: Any, **options: Any) -> Any:
    answer = await member.slash(server.channel, "stats", **options)
    assert answer.ephemeral
    return seen_by(server, member, answer)


def store(server: Server) -> ActivityStore:
    return ActivityStore(server.atelier.kernel.database)


async def made(server: Server) -> None:
    await kept(server, count=3)
    await kept(server, member=server.bob, image_key="k", mask_key="m")
    await kept(server, member=server.bob, image_key="k")


async def test_what_everybody_made_is_drawn_and_told(idle_server: Server) -> None:
    await made(idle_server)
    card = await told(idle_server, idle_server.alice)
    lines = card_text(card).splitlines()
    assert lines[:3] == ["## The last 30 days", "**5** pictures", "🟦 From words: **3**"]
    assert lines[3:6] == ["🟨 Repainted regions: **1**", "🟥 Remixes: **1**", "⬜ **2** members made them"]
    assert lines[6].startswith("Most on <t:")
    assert lines[6].endswith(":d>: **5**")
    plot = opened(await card.attachments[0].read())
    assert plot.size == (1200, 675)
    described = str([item.to_dict() for item in card.components])
    assert "Pictures a day in the last 30 days: 5 in all, 5 on the busiest day" in described


async def test_ones_own_are_told_alone(idle_server: Server) -> None:
    await made(idle_server)
    card = await told(idle_server, idle_server.bob, whose="own", days=90)
    lines = card_text(card).splitlines()
    assert lines[0] == f"## The last 90 days · <@{idle_server.bob.id}>"
    assert lines[1:5] == ["**2** pictures", "🟦 From words: **0**", "🟨 Repainted regions: **1**", "🟥 Remixes: **1**"]
    assert "made them" not in card_text(card)


async def test_where_nothing_was_made_nothing_is_drawn(idle_server: Server) -> None:
    card = await told(idle_server, idle_server.alice)
    assert "No pictures here." in card_text(card)
    assert card.attachments == []


async def test_days_are_those_of_utc_and_nothing_else_is_among_them(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, today, guild_id = idle_server, now().date(), idle_server.alice.guild.id
    midnight = datetime.combine(today, datetime.min.time(), UTC)
    inside = [timedelta(days=-29), timedelta(days=-28, seconds=-1), timedelta(days=1, microseconds=-1)]
    outside = [timedelta(days=-29, seconds=-1), timedelta(days=1)]
    for shift in (*inside, *outside):
        monkeypatch.setattr("bot.jobs.store.now", lambda shift=shift: midnight + shift)
        await kept(server)
    monkeypatch.undo()
    await kept(server)
    await taken_out(server, 6)
    activity = await store(server).activity(guild_id, today, 30, viewer(server))
    assert [day.date for day in activity.days] == [today - timedelta(days=29 - n) for n in range(30)]
    assert {29 - n: day.count for n, day in enumerate(activity.days) if day.count} == {29: 2, 0: 1}
    elsewhere = await store(server).activity(guild_id + 1, today, 30, viewer(server))
    assert (elsewhere.members, sum(elsewhere.pictures.values())) == (0, 0)


def coloured(plot: bytes, colour: str) -> int:
    """Return how many pixels of a plot have exactly this colour."""
    wanted = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return sum(pixel == wanted for pixel in opened(plot).convert("RGB").get_flattened_data())


@pytest.mark.parametrize("with_members", [True, False])
def test_a_plot_shows_each_kind_by_its_share(with_members: bool) -> None:
    day = Day(date(2026, 7, 20), {Kind.IMAGINED: 4, Kind.REPAINTED: 2, Kind.REMIXED: 1}, 3)
    empty = tuple(Day(day.date - timedelta(days=n), {}, 0) for n in range(29, 0, -1))
    plot = draw_activity(Activity((*empty, day), 3), with_members=with_members)
    imagined, repainted, remixed = (coloured(plot, colour) for colour in COLOURS.values())
    assert imagined / repainted == pytest.approx(2, rel=0.1)
    assert repainted / remixed == pytest.approx(2, rel=0.1)
    assert (coloured(plot, MEMBERS) > 100) == with_members
    assert coloured(plot, BACKGROUND) > 1200 * 675 / 2
