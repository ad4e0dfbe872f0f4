"""Pictures reach those alone who may see them, whatever is used, pressed, posted or opened."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import create_autospec

import discord
import pytest
import simcord
from discord import app_commands

from bot.core.audience import Audience, Origin
from bot.core.message_ref import MessageRef
from bot.core.safety_levels import Handling
from bot.creations.lineage_store import GENERATIONS
from bot.creations.models import NewCreation
from bot.creations.thread_origins import ThreadOrigins
from bot.database.tables import OriginRow
from bot.gallery.models import Browsing, GalleryView
from bot.jobs.models import NewJob
from bot.platform.audiences import origin_of, readers_of
from engine.api.messages import GenerationParameters
from tests.support.cards import card_text, said
from tests.support.challenges import announced, entered, hold, later
from tests.support.digests import monday, wanted
from tests.support.gallery_site import Site, shown
from tests.support.hidden_rooms import FILE, HIDE, SEE, WORD, House
from tests.support.images import meadow, opened, png
from tests.support.member_actions import kept, likes, seen_by, viewer
from tests.support.waiting import eventually_awaited

# The walk


# Each audience sees what is its own


async def test_a_member_sees_what_they_can_view_now(house: House) -> None:
    server, alice, bob = house.server, house.server.alice, house.server.bob
    carol = alice.guild.add_member(server.env.create_user("carol"), roles=[house.insiders])

    async def browsed(member: Any, room: Any) -> set[int]:
        answer = await member.slash(room, "gallery browse")
        names = [each.filename for each in answer.response.attachments]
        return {int(found[1]) for name in names if (found := FILE.search(name))}

    hidden = house.hidden
    assert await browsed(bob, server.channel) == {house.shown}
    assert await browsed(carol, server.channel) == {house.shown, hidden["secret"]}
    assert await browsed(bob, house.adult) == {house.shown, hidden["adult"]}
    # Her own, wherever she made them; but not those for adults, outside of such a channel.
    assert await browsed(alice, server.channel) == {house.shown, hidden["secret"], hidden["thread"]}
    with server.env.time_context():
        member = await house.cached.fetch_member(carol.id)
        await member.remove_roles(discord.Object(house.insiders.id))
    assert await browsed(carol, server.channel) == {house.shown}


async def test_a_private_threads_pictures_stay_in_it(house: House) -> None:
    server, alice = house.server, house.server.alice
    number = house.hidden["thread"]
    assert "no longer in this" in said(await alice.slash(server.channel, "show", number=number))
    assert "no longer in this" in said(await alice.slash(house.secret, "show", number=number))
    shown_there = await alice.slash(house.thread, "show", number=number)
    assert [each.filename for each in shown_there.response.attachments] == [f"atelier-{number}.png"]
    # What everybody may see is shown in it too.
    assert (await alice.slash(house.thread, "show", number=house.shown)).response.attachments


async def test_a_post_shows_what_all_who_read_it_may_see(house: House) -> None:
    server, alice, secret = house.server, house.server.alice, house.hidden["secret"]
    everyone = alice.guild.roles["@everyone"]
    founders = alice.guild.create_role("founders")
    vault = alice.guild.create_text_channel(
        "vault", overwrites={everyone: HIDE, house.insiders: SEE, house.site.client.user: SEE}
    )
    mixed = alice.guild.create_text_channel(
        "mixed",
        overwrites={everyone: HIDE, house.insiders: SEE, founders: SEE, house.site.client.user: SEE},
    )
    for room, allowed in (
        (server.channel, False),
        (house.secret, True),
        (vault, True),
        (mixed, False),
        (house.adult, False),
    ):
        answer = await alice.slash(room, "show", number=secret)
        assert bool(answer.response.attachments) == allowed, room.name
    for room, allowed in ((server.channel, False), (house.secret, False), (house.adult, True)):
        answer = await alice.slash(room, "show", number=house.hidden["adult"])
        assert bool(answer.response.attachments) == allowed, room.name


@pytest.mark.parametrize("kind", ["voice", "stage"])
async def test_the_chat_of_a_voice_channel_is_read_by_who_may_connect(site: Site, kind: str) -> None:
    server, guild = site.server, site.server.alice.guild
    lounge = guild.create_voice_channel("lounge") if kind == "voice" else guild.create_stage_channel("lounge")
    number = await site.picture(site.in_channel(lounge))
    await site.get(await site.link(server.bob))
    assert shown(await site.get()) == [number]
    with server.env.time_context():
        cached = site.client.get_channel(lounge.id)
        await cached.set_permissions(cached.guild.default_role, connect=False)
    assert shown(await site.get()) == []
    assert shown_numbers(await server.bob.slash(server.channel, "gallery browse")) == []
    assert shown_numbers(await server.alice.slash(server.channel, "show", number=number)) == []


async def test_what_is_made_from_a_picture_goes_no_further_than_the_picture(house: House) -> None:
    server, alice = house.server, house.server.alice
    secret = house.hidden["secret"]
    before = len(await server.jobs())
    opened_card = await alice.select(
        seen_by(server, alice, await alice.slash(server.channel, "gallery mine")), [str(secret)], custom_id="open"
    )
    card = seen_by(server, alice, opened_card)
    for action in ("subtle", "strong", "zoom", "left", "enlarge", "remix", "style", "region"):
        answer = await alice.select(card, [action], custom_id=f"more:{secret}")
        assert "Not everybody in this channel" in said(answer), action
    assert len(await server.jobs()) == before
    # Where it may go, what comes of it stays there too.
    hers = await alice.slash(house.secret, "show", number=secret)
    [message] = [each for each in house.secret.history(viewer=alice) if each.id == hers.response.id]
    await alice.select(message, ["subtle"], custom_id=f"more:{secret}")
    assert len(await server.jobs()) == before + 1
    child = await house.site.picture(server, parent_id=secret, prompt=f"{WORD} child")
    assert child not in set(shown_numbers(await server.bob.slash(server.channel, "gallery browse")))
    refused = await server.bob.slash(server.channel, "show", number=child)
    assert "no longer in this" in said(refused)


def shown_numbers(answer: Any) -> list[int]:
    return [int(found[1]) for each in answer.response.attachments if (found := FILE.search(each.filename))]


async def test_a_family_names_only_relatives_in_view(house: House) -> None:
    server, bob = house.server, house.server.bob
    child = await house.site.picture(house.site.in_channel(house.secret), parent_id=house.shown, prompt=WORD)
    card = await bob.slash(server.channel, "show", number=house.shown)
    message = next(each for each in server.channel.history(viewer=bob) if each.id == card.response.id)
    told = seen_by(server, bob, await bob.select(message, ["details"], custom_id=f"more:{house.shown}"))
    assert f"picture {child}" not in card_text(told)
    assert f"#{child}" not in card_text(told)
    assert told.attachments == []


async def test_a_family_names_no_held_ancestor_and_is_looked_at_for_some_generations(house: House) -> None:
    server = house.server
    held = await kept(server, handling=Handling.HOLD)
    [ancestor] = await server.atelier.kernel.creations.held_of(held.id)
    child = await server.creations(await kept(server, parent_id=ancestor.id))
    family = await server.atelier.kernel.lineage.family(child[0], viewer(server))
    assert family.ancestors == ()
    number = house.shown
    for _ in range(GENERATIONS):
        number = await house.site.picture(house.site.in_channel(house.secret), parent_id=number)
    [last] = await server.creations(await kept(server, member=server.bob, parent_id=number))
    family = await server.atelier.kernel.lineage.family(last, viewer(server, server.bob))
    assert family.ancestors == ()


async def test_challenges_take_and_show_what_their_channel_may_see(house: House, clock: Any) -> None:
    server, alice, bob = house.server, house.server.alice, house.server.bob
    await hold(server)
    own = house.site.in_channel
    for room in (house.secret, house.adult, house.thread):
        [creation] = await server.creations(await kept(own(room), prompt=f"{WORD} fox"))
        assert "is in" not in await entered(server, alice, creation)
    fox, boat = [
        (await server.creations(await kept(server, member=member, file=png(meadow(90 + n, 50)))))[0]
        for n, member in enumerate((alice, bob))
    ]
    for member, creation in ((alice, fox), (bob, boat)):
        assert "is in" in await entered(server, member, creation)
    house.site.clock.ahead += timedelta(hours=49)
    with server.env.time_context():
        await server.atelier.challenges.scheduler.advance()
    # The room in which one was made is closed meanwhile: it counts, and is shown no longer.
    store = server.atelier.challenges.service._challenges  # pyright: ignore[reportPrivateUsage]
    await store.enter(1, house.hidden["secret"], server.moderator.id)
    ballot = seen_by(server, bob, await bob.click(await announced(server), label="Vote"))
    # His own stands on no ballot of his.
    assert len(ballot.attachments) == 1
    await later(server, house.site.clock, hours=24)
    [podium] = [each for each in server.channel.history() if any("podium" in a.filename for a in each.attachments)]
    drawn = opened(await podium.attachments[0].read())
    two = drawn.width
    assert two > 0
    assert house.leaks(house.said_to_bob()) == []


async def test_what_is_painted_on_a_canvas_has_its_origin(house: House) -> None:
    server, guild = house.server, house.server.alice.guild
    everyone = guild.roles["@everyone"]
    overwrites = {everyone: HIDE, house.insiders: SEE, house.site.client.user: SEE}
    vault = replace(server, channel=guild.create_text_channel("vault", overwrites=overwrites))
    hosts = guild.create_role("hosts", permissions=discord.Permissions(manage_events=True))
    await (await house.cached.fetch_member(server.alice.id)).add_roles(discord.Object(hosts.id))
    given = {"kind": "canvas", "image": ("saved.png", png(meadow(60, 50))), "region": "left"}
    await server.alice.slash(vault.channel, "challenge create", title="Autumn", theme="Everything", **given)
    announcement = await announced(vault)
    assert len(announcement.attachments) == 1
    form = await server.alice.click(announcement, label="Paint an entry")
    await server.alice.submit_modal(form, {"words": "an owl"})
    job = (await server.jobs())[-1]
    async with server.atelier.kernel.store._session() as session:  # pyright: ignore[reportPrivateUsage]
        origin = await session.get_one(OriginRow, job.origin_id)
    assert {int(each) for each in origin.channels.split(",")} == {vault.channel.id, house.secret.id}


async def test_showcases_and_digests_show_what_their_channel_may_see(house: House) -> None:
    server, guild = house.server, house.server.alice.guild
    for room in ("open", "closed"):
        wall = guild.create_text_channel(f"wall {room}")
        if room == "closed":
            everyone = guild.roles["@everyone"]
            wall = guild.create_text_channel(
                "inner wall", overwrites={everyone: HIDE, house.insiders: SEE, house.site.client.user: SEE}
            )
        await server.atelier.kernel.settings.choose(guild.id, showcase_channel_id=wall.id, showcase_from=1)
        job = await kept(house.site.in_channel(house.secret), prompt=f"{WORD} {room}")
        carol = guild.add_member(server.env.create_user(f"carol {room}"), roles=[house.insiders])
        message = next(each for each in house.secret.history() if each.id == job.place.message_id)
        await carol.react(message, "⭐")
        assert len(wall.history()) == (room == "closed")
    weekly = await wanted(server)
    for _ in range(3):
        jobs = [await kept(house.site.in_channel(house.secret), prompt=WORD), await kept(server)]
        await likes(replace(server, channel=house.secret), jobs[0], carol)
    await monday(server, house.site.clock)
    [digest] = weekly.history()
    assert not [number for number in house.hidden.values() if f"[#{number}]" in card_text(digest)]
    assert card_text(digest).count("[#") == 4


async def test_figures_count_what_the_member_may_see(house: House) -> None:
    server, bob = house.server, house.server.bob
    for member, count in ((server.alice, 3), (bob, 1)):
        text = card_text(seen_by(server, member, await member.slash(server.channel, "stats")))
        assert f"**{count}** picture" in text
    job = await kept(house.site.in_channel(house.secret), prompt=WORD)
    await server.atelier.showcase.reactions._reactions.add(job.place.message_id, (server.moderator.id, "⭐"))
    board = await bob.slash(server.channel, "leaderboard")
    assert str(server.alice.id) not in said(board)


async def test_direct_messages_take_nothing_age_restricted(house: House) -> None:
    server, bob, number = house.server, house.server.bob, house.hidden["adult"]
    shown_there = await bob.slash(house.adult, "show", number=number)
    card = next(each for each in house.adult.history(viewer=bob) if each.id == shown_there.response.id)
    assert "no longer in this" in said(await bob.select(card, ["send"], custom_id=f"more:{number}"))
    assert list(server.atelier.client.private_channels) == []


async def test_filters_name_no_challenge_of_a_hidden_channel(house: House) -> None:
    server, guild_id = house.server, house.server.alice.guild.id
    server.tolerated = (simcord.SetupError,)
    challenges = server.atelier.challenges.service._challenges  # pyright: ignore[reportPrivateUsage]
    await hold(server)
    await challenges.enter(1, house.shown, server.alice.id)
    filters = server.atelier.gallery.filters
    here = Audience(frozenset({server.channel.id}), user_id=server.bob.id)
    await challenges.change(1, state="closed")
    found = await filters.filters(guild_id, server.bob.id, Browsing(GalleryView.NEWEST, challenge_id=1), here)
    assert list(found.challenges) == [1]
    await challenges.change(1, channel_id=house.secret.id)
    found = await filters.filters(guild_id, server.bob.id, Browsing(GalleryView.NEWEST, challenge_id=1), here)
    assert list(found.challenges) == []


async def test_a_sheet_that_is_drawn_again_shows_what_may_be_seen_now(house: House) -> None:
    server, guild = house.server, house.server.alice.guild
    weekly = await wanted(server)
    first, _, _ = [(await server.creations(await kept(server)))[0].id for _ in range(3)]
    other = guild.create_text_channel("other")
    closed = await house.site.picture(house.site.in_channel(other))
    await monday(server, house.site.clock)
    assert f"[#{closed}]" in card_text(weekly.history()[0])
    with server.env.time_context():
        channel = house.site.client.get_channel(other.id)
        await channel.set_permissions(channel.guild.default_role, view_channel=False)
        await server.atelier.kernel.removal.remove_as(guild.id, first, server.alice.id, moderator=False)
    [sheet] = weekly.history()
    assert f"[#{first}]" not in card_text(sheet)
    assert f"[#{closed}]" not in card_text(sheet)


# Threads


@pytest.mark.parametrize("kind", ["text", "forum"])
async def test_public_threads_count_as_their_parent_also_once_archived(site: Site, kind: str) -> None:
    server, guild = site.server, site.server.alice.guild
    parent = server.channel if kind == "text" else guild.create_forum_channel("posts")
    cached = site.client.get_channel(parent.id)
    with server.env.time_context():
        if kind == "text":
            thread = await cached.create_thread(name="talk", type=discord.ChannelType.public_thread)
        else:
            thread = (await cached.create_thread(name="post", content="hello")).thread
    [room] = [each for each in parent.threads if each.id == thread.id]
    before_origins = await site.picture(site.in_channel(room))
    answer = await server.alice.slash(room, "imagine", prompt="a fox")
    assert answer.response
    await site.open()
    assert shown(await site.get()) == [before_origins]
    with server.env.time_context():
        await thread.edit(archived=True)
    assert site.client.get_guild(guild.id).get_thread(thread.id) is None

    async def seen() -> list[int]:
        return shown_numbers(await server.bob.slash(server.channel, "gallery browse"))

    assert await eventually_awaited(seen) == [before_origins]
    assert shown(await site.get()) == [before_origins]
    # Who can't view the parent sees nothing of its threads.
    with server.env.time_context():
        await cached.set_permissions(cached.guild.default_role, view_channel=False)
    elsewhere = guild.create_text_channel("elsewhere")
    assert shown_numbers(await server.bob.slash(elsewhere, "gallery browse")) == []


async def test_a_thread_that_is_archived_while_its_job_is_painted_counts_as_its_parent(site: Site) -> None:
    server, guild_id, store = site.server, site.server.alice.guild.id, site.server.atelier.kernel.store
    thread_id = 4242
    place = MessageRef(guild_id, thread_id, 777, "token", origin=Origin(frozenset({thread_id})))
    queued = await store.add_job(NewJob(server.alice.id, place, GenerationParameters("a fox")))
    started = await store.start_job(queued.id)
    await ThreadOrigins(site.client, server.atelier.kernel.origins).replace(guild_id, thread_id, server.channel.id)
    key = await server.atelier.kernel.files.put(png(meadow()))
    assert started
    assert await store.finish_job(started, [NewCreation(key, 1, "model", 64, 48)])
    [creation] = await server.creations(started)
    assert shown_numbers(await server.bob.slash(server.channel, "gallery browse")) == [creation.id]
    # The old origin stays, because what is added at the same moment may name it.
    late = await store.add_job(NewJob(server.alice.id, place, GenerationParameters("an owl")))
    assert late.origin_id == queued.origin_id


async def test_channels_are_asked_for_until_discord_has_told_of_them(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    guild_id = site.server.alice.guild.id
    gone, broken, refused = 4242, 4243, 4244
    for channel_id in (gone, broken, refused):
        place = MessageRef(guild_id, channel_id, 777, "token", origin=Origin(frozenset({channel_id})))
        await site.server.atelier.kernel.store.add_job(
            NewJob(site.server.alice.id, place, GenerationParameters("a fox"))
        )
    fetch, asked = discord.Guild.fetch_channel, []

    async def told(guild: discord.Guild, channel_id: int, /) -> Any:
        asked.append(channel_id)
        if channel_id == broken:
            raise ValueError("what discord.py can't read")
        if channel_id == refused:
            raise OSError("no route to host")
        return await fetch(guild, channel_id)

    monkeypatch.setattr(discord.Guild, "fetch_channel", told)
    origins = ThreadOrigins(site.client, site.server.atelier.kernel.origins)
    await origins.replace_all()
    assert sorted(asked) == [gone, broken, refused]
    asked.clear()
    await origins.replace_all()
    assert sorted(asked) == [broken, refused]


# Age


async def test_what_no_longer_exists_may_have_been_age_restricted(house: House) -> None:
    """Older versions didn't write down whether a channel was; now it is gone, or archived and so in no cache."""
    server, alice = house.server, house.server.alice
    recorded, made = alice.guild.create_text_channel("recorded"), []
    for room, origin in ((recorded, Origin(frozenset({recorded.id}))), (house.adult, None)):
        job = NewJob(
            alice.id, MessageRef(alice.guild.id, room.id, 777, "t", origin=origin), GenerationParameters("a fox")
        )
        started = await server.atelier.kernel.store.start_job((await server.atelier.kernel.store.add_job(job)).id)
        assert started
        key = await server.atelier.kernel.files.put(png(meadow()))
        assert await server.atelier.kernel.store.finish_job(started, [NewCreation(key, 1, "model", 64, 48)])
        made += await server.creations(started)
    with server.env.time_context():
        for room in (house.adult, recorded):
            await house.site.client.get_channel(room.id).delete()
        await house.site.client.get_channel(house.thread.id).edit(archived=True)
    mine = {house.shown, house.hidden["secret"], made[0].id}
    assert set(shown_numbers(await alice.slash(server.channel, "gallery mine"))) == mine
    await house.site.open()
    assert set(shown(await house.site.get())) == mine


# Direct messages


@pytest.mark.parametrize(("context", "is_alone"), [(1, True), (2, False)])
def test_a_direct_message_with_another_person_is_read_by_both(context: Any, is_alone: bool) -> None:
    channel = create_autospec(discord.DMChannel, instance=True, id=5)
    interaction: Any = SimpleNamespace(
        channel=channel,
        channel_id=5,
        guild=None,
        guild_id=None,
        user=SimpleNamespace(id=7),
        context=app_commands.AppCommandContext._from_value([context]),  # pyright: ignore[reportPrivateUsage]
        is_user_integration=lambda: True,
        is_guild_integration=lambda: False,
    )
    elsewhere = Origin(frozenset({6}))
    assert readers_of(interaction).may_see(elsewhere, maker_id=7) == is_alone
    assert origin_of(interaction) == Origin(frozenset() if is_alone else frozenset({5}))
    interaction.channel = None
    assert not readers_of(interaction).may_see(elsewhere, maker_id=7)


# The web


# The decision itself


def test_who_may_see_what() -> None:
    room, other = frozenset({1}), frozenset({1, 2})
    adult = Origin(room, is_restricted=True)
    assert Audience(other).may_see(Origin(room), 0)
    assert not Audience(room).may_see(Origin(other), 0)
    assert Audience(room, user_id=7).may_see(Origin(other), 7)
    assert not Audience(room, user_id=7).may_see(Origin(other), 0)
    assert not Audience(room, user_id=7).may_see(adult, 7)
    assert Audience(room, is_adult=True).may_see(adult, 0)
    assert not Audience(other, frozenset({2})).may_see(Origin(other), 0)
    unknown = Origin(frozenset({3}), is_recorded=False)
    assert Audience(room, user_id=7, known=frozenset({3})).may_see(unknown, 7)
    assert not Audience(room, user_id=7).may_see(unknown, 7)
    assert Origin(room).joined([unknown]) == Origin(frozenset({1, 3}), is_recorded=False)
    assert Origin(room).joined([Origin(frozenset({2}), is_restricted=True)]) == Origin(other, is_restricted=True)
