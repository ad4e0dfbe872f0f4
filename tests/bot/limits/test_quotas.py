"""What a server lets its members have painted: a day's quotas, cooldowns, and who may paint where."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from bot.app import built
from bot.config import Settings
from bot.core.errors import UserError
from bot.core.message_ref import MemberContext, MessageRef
from bot.database.states import JobStatus
from bot.jobs.models import NewJob
from engine.api.messages import GenerationParameters
from tests.support.cards import card_buttons, card_text
from tests.support.drafts import begun
from tests.support.member_actions import kept, seen_by
from tests.support.server import Server, in_one_task, opened_server

DAY = timedelta(days=1)


class Clock:
    """The bot's clock, which tests turn; it begins at noon of today, after all that is written to the database."""

    def __init__(self) -> None:
        self.now = datetime.combine(datetime.now(UTC).date(), time(23, 59, 59), UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def limited(settings: Settings, clock: Clock) -> AsyncIterator[Server]:
    """A server with nothing at work beside the client, and a clock to turn."""
    async with in_one_task(opened_server(settings, working=False, preview=True, clock=clock)) as running:
        yield running


async def choose(server: Server, **values: Any) -> None:
    await server.atelier.kernel.settings.choose(server.alice.guild.id, **values)


async def refusal(server: Server, member: Any = None, channel: Any = None, count: int = 1) -> str:
    """Use /imagine and return what the member reads where it is refused, or nothing."""
    answer = await (member or server.alice).slash(channel or server.channel, "imagine", prompt="a fox", count=count)
    return " ".join(each.content for each in answer.followups)


def seen(server: Server, card: Any, member: Any) -> Any:
    """Return a card as a member sees it now."""
    return next(each for each in server.channel.history(viewer=member) if each.id == card.id)


def new(server: Server, member: Any, pictures: int = 1) -> NewJob:
    place = MessageRef(server.alice.guild.id, server.channel.id, 1, "token")
    return NewJob(member.id, place, GenerationParameters("a fox", num_images=pictures))


async def test_a_member_has_so_many_pictures_a_day(limited: Server, clock: Clock) -> None:
    server, midnight = limited, (clock.now + timedelta(seconds=1)).timestamp()
    await choose(server, pictures_a_day=4)
    assert await refusal(server, count=3) == ""
    assert await refusal(server, count=2) == (
        f"You have 1 of 4 pictures left today, and this takes 2; a new day begins <t:{midnight:.0f}:R>."
    )
    assert await refusal(server, server.bob, count=4) == ""
    assert await refusal(server, count=1) == ""
    assert "You have 0 of 4" in await refusal(server)
    clock.now += timedelta(seconds=1)
    assert await refusal(server, count=4) == ""


async def test_what_is_refused_fails_or_is_cancelled_costs_nothing(limited: Server) -> None:
    server = limited
    await choose(server, pictures_a_day=2)
    assert "and this takes 4" in await refusal(server, count=4)
    assert await refusal(server, count=2) == ""
    [job] = await server.jobs()
    await server.atelier.kernel.store.cancel_job(job, JobStatus.QUEUED)
    assert await refusal(server, count=2) == ""
    failed = next(job for job in await server.jobs() if job.status is JobStatus.QUEUED)
    started = await server.atelier.kernel.store.start_job(failed.id)
    assert started
    assert "0 of 2" in await refusal(server, count=1)
    await server.atelier.kernel.store.fail_job(started, "A reason.")
    await kept(server)
    assert "1 of 2" in await refusal(server, count=2)


async def test_a_restart_forgets_nothing(limited: Server, settings: Settings, clock: Clock) -> None:
    server, guild_id = limited, limited.alice.guild.id
    await choose(server, pictures_a_day=10, pictures_a_server=100)
    assert await refusal(server, count=3) == ""
    async with built(settings, clock) as again:
        today = await again.kernel.jobs.limits.today(server.alice.id, guild_id, MemberContext())
    assert (today.left, today.server_left, today.ends_at) == (7, 97, clock.now + timedelta(seconds=1))


async def test_a_server_has_so_many_pictures_a_day(limited: Server) -> None:
    server = limited
    await choose(server, pictures_a_server=5)
    assert await refusal(server, count=3) == ""
    assert "This server has 2 of 5 pictures left today" in await refusal(server, server.bob, count=3)
    assert await refusal(server, server.bob, count=2) == ""
    # A moderator is held to no limits; what they had counts all the same.
    assert await refusal(server, server.moderator, count=4) == ""
    assert (await server.atelier.kernel.jobs.limits.server_use(server.alice.guild.id)).pictures == 9


async def test_of_many_at_once_no_more_than_the_quota_slips_through(limited: Server) -> None:
    server, submit = limited, limited.atelier.kernel.jobs.submit
    await choose(server, pictures_a_day=3)
    ended = await asyncio.gather(*(submit(new(server, server.alice)) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(each, UserError) for each in ended) == 3
    await choose(server, pictures_a_day=0, pictures_a_server=5)
    members = (server.bob, server.moderator, server.alice) * 2
    ended = await asyncio.gather(*(submit(new(server, member)) for member in members), return_exceptions=True)
    assert sum(isinstance(each, UserError) for each in ended) == 4
    assert len(await server.jobs()) == 5


async def test_of_a_members_roles_the_most_generous_counts(limited: Server) -> None:
    server, guild = limited, limited.alice.guild
    small, large = guild.create_role("small"), guild.create_role("large")
    both = guild.add_member(server.env.create_user("both"), roles=[small, large])
    one = guild.add_member(server.env.create_user("one"), roles=[small])
    await choose(server, pictures_a_day=2, role_pictures=((small.id, 1), (large.id, 4)))
    assert "0 of 4" not in await refusal(server, both, count=4)
    assert "0 of 4" in await refusal(server, both)
    assert "1 of 1" in await refusal(server, one, count=2)
    assert "2 of 2" in await refusal(server, count=3)


async def test_one_paints_with_the_right_role_in_the_right_channel(limited: Server) -> None:
    server, guild = limited, limited.alice.guild
    painters, other = guild.create_role("painters"), guild.create_text_channel("other")
    painter = guild.add_member(server.env.create_user("paula"), roles=[painters])
    await choose(server, roles=(painters.id,), channels=(server.channel.id,))
    assert await refusal(server) == f"I paint here for who has one of these roles: <@&{painters.id}>."
    assert await refusal(server, painter, other) == (
        f"I paint for members in these channels here: <#{server.channel.id}>."
    )
    assert await refusal(server, painter) == ""
    assert await refusal(server, server.moderator, other) == ""
    # A thread belongs to its channel.
    asker = MemberContext(frozenset({painters.id}), thread_of=server.channel.id)
    limits = server.atelier.kernel.jobs.limits
    await limits.check(painter.id, MessageRef(guild.id, 99, 1, "", asker), 1)
    with pytest.raises(UserError, match="in these channels"):
        await limits.check(painter.id, MessageRef(guild.id, 99, 1, "", replace(asker, thread_of=0)), 1)


async def test_who_has_just_joined_waits(limited: Server, clock: Clock) -> None:
    server = limited
    guild = server.atelier.client.get_guild(server.alice.guild.id)
    assert guild is not None
    with server.env.time_context():
        joined_at = (await guild.fetch_member(server.alice.id)).joined_at
    assert joined_at is not None
    days = (clock.now - joined_at).days + 2
    await choose(server, member_days=days)
    assert await refusal(server) == (
        f"I paint here for who has been a member for {days} days; for you that is "
        f"<t:{(joined_at + days * DAY).timestamp():.0f}:R>."
    )
    clock.now += 2 * DAY
    assert await refusal(server) == ""


async def test_members_take_a_break_between_jobs(limited: Server, clock: Clock) -> None:
    server = limited
    await choose(server, cooldown=600)
    # The database has written these moments by its own clock.
    clock.now = datetime.now(UTC)
    assert await refusal(server) == ""
    [job] = await server.jobs()
    opens_at = job.created_at + timedelta(seconds=600)
    assert await refusal(server) == (
        f"Members take a break between two jobs here; you can ask again <t:{opens_at.timestamp():.0f}:R>."
    )
    assert await refusal(server, server.bob) == ""
    assert [await refusal(server, server.moderator) for _ in range(2)] == ["", ""]
    await server.atelier.kernel.store.cancel_job(job, JobStatus.QUEUED)
    assert await refusal(server) == ""
    clock.now += timedelta(seconds=601)
    assert await refusal(server) == ""


async def test_nobody_chooses_a_region_for_nothing(limited: Server) -> None:
    server = limited
    await choose(server, pictures_a_day=2)
    assert await refusal(server, count=2) == ""
    refused = await server.inpaint()
    assert "You have 0 of 2 pictures left today" in str([each.content for each in refused.followups])
    with pytest.raises(UserError, match="This draft is gone"):
        await server.atelier.drafts.service.draft(1, server.alice.id)


async def test_go_is_refused_where_the_day_was_used_meanwhile_and_the_draft_stays(limited: Server) -> None:
    server = limited
    await choose(server, pictures_a_day=2)
    card = await begun(server)
    assert await refusal(server, count=2) == ""
    answer = await server.alice.click(seen(server, card, server.alice), label="Go")
    assert "You have 0 of 2 pictures left today" in str([each.content for each in answer.followups])
    assert len(await server.jobs()) == 1
    await choose(server, pictures_a_day=3)
    await server.alice.click(seen(server, card, server.alice), label="Go")
    assert len(await server.jobs()) == 2


async def test_a_break_ends_while_one_chooses_a_region(limited: Server, clock: Clock) -> None:
    server = limited
    await choose(server, cooldown=600)
    clock.now = datetime.now(UTC)
    assert await refusal(server) == ""
    card = await begun(server)
    answer = await server.alice.click(seen(server, card, server.alice), label="Go")
    assert "Members take a break" in str([each.content for each in answer.followups])
    clock.now += timedelta(seconds=601)
    await server.alice.click(seen(server, card, server.alice), label="Go")
    assert len(await server.jobs()) == 2


async def test_what_is_handed_in_at_once_is_held_to_a_members_own_roles(limited: Server) -> None:
    server, guild = limited, limited.alice.guild
    painters = guild.create_role("painters")
    painter = guild.add_member(server.env.create_user("paula"), roles=[painters])
    await server.atelier.kernel.settings.prefer(painter.id, preview=False)
    await choose(server, roles=(painters.id,))
    await server.inpaint(painter)
    assert [job.user_id for job in await server.jobs()] == [painter.id]


async def test_what_another_took_meanwhile_leaves_no_message(limited: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server, jobs = limited, limited.atelier.kernel.jobs
    await choose(server, pictures_a_server=1)
    card, submit = await begun(server), jobs.submit

    async def submit_after_bob(mine: NewJob, draft_id: int | None) -> Any:
        await submit(new(server, server.bob))
        return await submit(mine, draft_id)

    monkeypatch.setattr(jobs, "submit", submit_after_bob)
    answer = await server.alice.click(card, label="Go")
    assert "This server has 0 of 1 pictures left" in answer.followups[-1].content
    assert [job.user_id for job in await server.jobs()] == [server.bob.id]
    assert server.channel.history(viewer=server.bob) == []


async def test_in_direct_messages_no_server_limits_anyone(limited: Server) -> None:
    server = limited
    await choose(server, pictures_a_day=1, roles=(1,))
    await server.alice.user.slash("imagine", prompt="a fox", count=4)
    [job] = await server.jobs()
    assert job.place.guild_id == server.alice.id


async def test_managers_set_limits_and_see_what_is_used(limited: Server) -> None:
    server, owner = limited, limited.moderator
    guild = server.alice.guild
    answer = await owner.slash(server.channel, "settings")
    answer = await owner.click(seen_by(server, owner, answer), label="The server's settings")
    assert "Limits" in card_buttons(seen_by(server, owner, answer))
    panel = seen_by(server, owner, await owner.click(seen_by(server, owner, answer), label="Limits"))
    numbers = {"pictures_a_day": 4, "pictures_a_server": 50, "cooldown": 5, "member_days": 1}
    for name, number in numbers.items():
        await owner.select(panel, [str(number)], custom_id=f"choose:all:{name}")
    role = guild.create_role("regulars")
    await owner.select(panel, [role], custom_id="limits:roles")
    await owner.select(panel, [server.channel], custom_id="limits:channels")
    asked = await owner.select(panel, [role], custom_id="limits:role")
    await owner.submit_modal(asked, {"words": "30"})
    chosen = await server.atelier.kernel.settings.of_guild(guild.id)
    assert {name: getattr(chosen, name) for name in numbers} == numbers
    assert (chosen.roles, chosen.channels, chosen.role_pictures) == (
        (role.id,),
        (server.channel.id,),
        ((role.id, 30),),
    )
    panel = seen(server, panel, owner)
    assert f"<@&{role.id}> 30" in card_text(panel)
    wrong = await owner.submit_modal(await owner.select(panel, [role], custom_id="limits:role"), {"words": "many"})
    assert "“many” is no number" in wrong.response.content
    await owner.submit_modal(await owner.select(panel, [role], custom_id="limits:role"), {"words": "0"})
    await owner.select(panel, [], custom_id="limits:roles")
    await owner.select(panel, ["-"], custom_id="choose:all:member_days")
    chosen = await server.atelier.kernel.settings.of_guild(guild.id)
    assert (chosen.roles, chosen.role_pictures, chosen.member_days) == ((), (), 0)

    assert await refusal(server, count=3) == ""
    assert await refusal(server, server.bob, count=1) == ""
    answer = await owner.slash(server.channel, "settings")
    answer = await owner.click(seen_by(server, owner, answer), label="The server's settings")
    text = card_text(seen_by(server, owner, await owner.click(seen_by(server, owner, answer), label="Limits")))
    assert "**4** pictures since midnight UTC, when a day begins (of 50)" in text
    assert f"Most of them: <@{server.alice.id}> 3, <@{server.bob.id}> 1" in text
    told = card_text(seen_by(server, server.alice, await server.alice.slash(server.channel, "info")))
    assert "**1** of 4 pictures of today are left for you" in told
    assert "**46** of 50 pictures of today are left for everyone here" in told
