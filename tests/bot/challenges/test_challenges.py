"""Challenges: how they run by themselves, who may enter, and how votes become places."""

from datetime import timedelta
from typing import Any

import pytest

from bot.challenges.models import Entry, Vote, follow_up
from bot.challenges.ranking import ballot_order, bradley_terry, next_pair
from bot.config import Settings
from bot.database.states import ChallengeState
from tests.support.cards import card_buttons, card_text, said
from tests.support.challenges import announced, entered, hold, later, opened_ballot, orders, picture
from tests.support.clock import Clock
from tests.support.images import ellipse, meadow, opened, png
from tests.support.member_actions import seen_by, viewer
from tests.support.server import Server, restarted

pytestmark = pytest.mark.both_databases


async def test_a_challenge_runs_from_its_announcement_to_its_podium(club: Server, clock: Clock) -> None:
    card = await hold(club)
    assert "## Autumn" in card_text(card)
    assert "Everything \\*golden\\*" in card_text(card)
    assert card_buttons(card) == ["Enter a picture", "My entries"]
    mine, bobs = await picture(club), await picture(club, club.bob)
    choice = seen_by(club, club.alice, await club.alice.click(card, label="Enter a picture"))
    assert len(choice.attachments) == 1
    answer = await club.alice.select(choice, [str(mine.id)], custom_id="enter:1")
    assert said(answer) == f"Picture {mine.id} is in “Autumn”. Good luck!"
    assert "is in “Autumn”" in await entered(club, club.bob, bobs)
    assert "2 entries so far" in card_text(await announced(club))
    card = await later(club, clock, hours=48)
    assert "**Voting**" in card_text(card)
    assert card_buttons(card) == ["Vote"]
    ballot = await opened_ballot(club, club.moderator)
    assert len(ballot.attachments) == 2
    assert str(club.alice.id) not in card_text(ballot)
    number = [each.id for each in await orders(club, club.moderator)].index(1) + 1
    await club.moderator.click(ballot, label=f"⭐ {number}")
    card = await later(club, clock, hours=24)
    assert "**Closed**" in card_text(card)
    assert card_buttons(card) == []
    podium = max(club.channel.history(), key=lambda each: each.id)
    lines = card_text(podium).splitlines()
    assert lines[0] == "## Results: Autumn"
    assert lines[1] == f"🥇 <@{club.alice.id}> · picture {mine.id} · ⭐ 1"
    assert lines[2] == f"🥈 <@{club.bob.id}> · picture {bobs.id} · ⭐ 0"
    assert "1 member voted" in lines[3]
    assert opened(await podium.attachments[0].read()).width > 500
    count = len(club.channel.history())
    await announced(club)
    assert len(club.channel.history()) == count


async def test_only_what_fits_the_rules_is_entered(club: Server, clock: Clock) -> None:
    early = await picture(club)
    await hold(club)
    assert "before the challenge began" in await entered(club, club.alice, early)
    mine = await picture(club)
    assert "that you made yourself" in await entered(club, club.bob, mine)
    assert "is in “Autumn”" in await entered(club, club.alice, mine)
    assert "in this challenge already" in await entered(club, club.alice, mine)
    assert "You have entered 1 already" in await entered(club, club.alice, await picture(club))
    gone = await picture(club, club.bob)
    await club.atelier.kernel.removal.take([gone.id])
    assert "no longer in this server's gallery" in await entered(club, club.bob, gone)
    await later(club, clock, hours=48)
    assert "takes no entries now" in await entered(club, club.bob, await picture(club, club.bob))


async def test_without_two_makers_there_is_nothing_to_vote_on(club: Server, clock: Clock) -> None:
    await hold(club, entries_each=2)
    for _ in range(2):
        await entered(club, club.alice, await picture(club))
    card = await later(club, clock, hours=48)
    assert "**Closed**" in card_text(card)
    assert "0 members voted" in card_text(max(club.channel.history(), key=lambda each: each.id))


async def test_everyone_repaints_the_same_picture_and_region(club: Server) -> None:
    options = {"image": ("meadow.png", png(meadow())), "mask": ("mask.png", png(ellipse())), "kind": "canvas"}
    card = await hold(club, **options)
    assert card_buttons(card) == ["Paint an entry", "Enter a picture", "My entries"]
    assert len(card.attachments) == 1
    assert "doesn't repaint this challenge's picture" in await entered(club, club.alice, await picture(club))
    modal = await club.alice.click(card, label="Paint an entry")
    await club.alice.submit_modal(modal, {"words": "a golden tree"})
    job = (await club.jobs())[-1]
    assert job.parameters.prompt == "a golden tree"
    fits = await picture(club, image_key=job.image_key, mask_key=job.mask_key)
    assert "is in “Autumn”" in await entered(club, club.alice, fits)


async def test_in_a_relay_each_entry_goes_on_from_the_one_before(club: Server) -> None:
    await hold(club, kind="relay")
    first = await picture(club)
    assert "is in “Autumn”" in await entered(club, club.alice, first)
    assert f"the one before it, picture {first.id}" in await entered(club, club.bob, await picture(club, club.bob))
    card = await announced(club)
    assert len(card.attachments) == 1
    modal = await club.bob.click(card, label="Paint an entry")
    assert modal.modal["title"] == "Remix"
    second = await picture(club, club.bob, parent_id=first.id)
    assert "is in “Autumn”" in await entered(club, club.bob, second)


async def test_an_entry_is_withdrawn_until_the_voting(club: Server, clock: Clock) -> None:
    await hold(club)
    for member in (club.alice, club.bob):
        await entered(club, member, await picture(club, member))
    card = seen_by(club, club.alice, await club.alice.slash(club.channel, "challenge withdraw", challenge=1))
    answer = await club.alice.select(card, ["1"], custom_id="withdraw")
    assert said(answer) == "Withdrawn from “Autumn”."
    assert [each.user_id for each in await club.atelier.challenges.service.entries(1)] == [club.bob.id]
    await entered(club, club.alice, await picture(club))
    card = seen_by(club, club.alice, await club.alice.slash(club.channel, "challenge withdraw", challenge=1))
    await later(club, clock, hours=48)
    [mine] = [each for each in await club.atelier.challenges.service.entries(1) if each.user_id == club.alice.id]
    answer = await club.alice.select(card, [str(mine.id)], custom_id="withdraw")
    assert "The voting has begun" in said(answer)


async def test_nobody_votes_for_themselves_or_twice(club: Server, clock: Clock) -> None:
    await hold(club)
    for member in (club.alice, club.bob):
        await entered(club, member, await picture(club, member))
    await later(club, clock, hours=48)
    ballot = await opened_ballot(club, club.alice)
    assert card_buttons(ballot) == ["⭐ 1"]
    await club.alice.click(ballot, label="⭐ 1")
    await club.alice.click(seen_by_id(club, club.alice, ballot), label="⭐ 1")
    await club.alice.click(seen_by_id(club, club.alice, ballot), label="⭐ 1")
    await later(club, clock, hours=24)
    entries = {each.user_id: each for each in await club.atelier.challenges.service.entries(1)}
    assert (entries[club.bob.id].votes, entries[club.bob.id].place) == (1.0, 1)
    assert (entries[club.alice.id].votes, entries[club.alice.id].place) == (0.0, 2)


def seen_by_id(server: Server, member: Any, card: Any) -> Any:
    return next(each for each in server.channel.history(viewer=member) if each.id == card.id)


async def test_who_is_too_new_a_member_can_not_vote(club: Server, clock: Clock) -> None:
    await hold(club, member_days=365)
    for member in (club.alice, club.bob):
        await entered(club, member, await picture(club, member))
    card = await later(club, clock, hours=48)
    answer = await club.moderator.click(card, label="Vote")
    assert "can't vote here" in said(answer)


async def test_pairs_are_compared_until_all_were(club: Server, clock: Clock) -> None:
    await hold(club, ballot="pairs")
    for member in (club.alice, club.bob):
        await entered(club, member, await picture(club, member))
    await later(club, clock, hours=48)
    ballot = await opened_ballot(club, club.moderator)
    assert card_buttons(ballot) == ["The left one", "The right one"]
    first = next_pair(await orders(club, club.moderator), [], club.moderator.id)
    assert first
    await club.moderator.click(ballot, label="The right one")
    assert "compared all entries" in card_text(seen_by_id(club, club.moderator, ballot))
    await later(club, clock, hours=24)
    places = {each.id: each.place for each in await club.atelier.challenges.service.entries(1)}
    assert places == {first[1].id: 1, first[0].id: 2}


async def test_what_was_missed_while_away_happens_once(club: Server, clock: Clock, settings: Settings) -> None:
    await hold(club)
    for member in (club.alice, club.bob):
        await entered(club, member, await picture(club, member))
    clock.ahead += timedelta(hours=60)
    before = len(club.channel.history())
    async with restarted(club, settings, clock) as again:
        await announced(again)
        [challenge] = await again.atelier.challenges.service.newest(again.alice.guild.id, viewer(again))
        # It had been planned to end 12 hours later; but everyone shall have had the time to vote.
        assert challenge.state is ChallengeState.VOTING
        assert challenge.voting_ends_at - clock() > timedelta(hours=23)
        assert len(again.channel.history()) == before


async def test_a_disqualified_entry_is_out(club: Server, clock: Clock) -> None:
    await hold(club)
    for member in (club.alice, club.bob, club.moderator):
        await entered(club, member, await picture(club, member))
    bobs = (await club.atelier.challenges.service.entries(1))[1]
    out = {"challenge": 1, "picture": bobs.creation_id, "reason": "Not golden"}
    assert "may manage events" in said(await club.alice.slash(club.channel, "challenge disqualify", **out))
    await club.moderator.slash(club.channel, "challenge disqualify", **out)
    await later(club, clock, hours=48)
    ballot = await opened_ballot(club, club.alice)
    assert card_buttons(ballot) == ["⭐ 1"]
    await later(club, clock, hours=24)
    assert [each.place for each in await club.atelier.challenges.service.entries(1)] == [1, 0, 1]


async def test_a_relay_shows_the_last_entry_that_is_not_disqualified(club: Server) -> None:
    await hold(club, kind="relay")
    creation = await picture(club)
    await entered(club, club.alice, creation)
    assert [each.filename for each in (await announced(club)).attachments] == ["last.webp"]
    await club.moderator.slash(club.channel, "challenge disqualify", challenge=1, picture=creation.id, reason="late")
    assert (await announced(club)).attachments == []


async def test_managers_extend_and_cancel(club: Server, clock: Clock) -> None:
    await hold(club, weekly=True)
    assert "may manage events" in said(
        await club.alice.slash(club.channel, "challenge cancel", challenge=1, reason="no fun")
    )
    await club.moderator.slash(club.channel, "challenge extend", challenge=1, hours=10)
    assert "**Open**" in card_text(await later(club, clock, hours=50))
    await club.moderator.slash(club.channel, "challenge cancel", challenge=1, reason="It *rains*")
    card = await announced(club)
    assert "**Cancelled** · It \\*rains\\*" in card_text(card)
    await later(club, clock, days=14)
    assert len(await club.atelier.challenges.service.newest(club.alice.guild.id, viewer(club))) == 1


async def test_a_weekly_challenge_comes_again_with_the_next_theme(club: Server, clock: Clock) -> None:
    await hold(club, weekly=True, themes="Everything silver; Everything blue")
    await later(club, clock, days=4)
    [second, first] = await club.atelier.challenges.service.newest(club.alice.guild.id, viewer(club))
    assert first.state is ChallengeState.CLOSED
    assert (second.state, second.theme) == (ChallengeState.PLANNED, "Everything silver")
    assert second.starts_at - first.starts_at == timedelta(days=7)
    card = await later(club, clock, days=3)
    assert "Everything silver" in card_text(card)
    assert "**Open**" in card_text(card)


async def test_the_winner_gets_the_role(club: Server, clock: Clock) -> None:
    guild = club.alice.guild
    golden = guild.create_role("golden")
    await hold(club, role=golden)
    for member in (club.alice, club.bob):
        await entered(club, member, await picture(club, member))
    await later(club, clock, hours=48)
    await club.alice.click(await opened_ballot(club, club.alice), label="⭐ 1")
    await later(club, clock, hours=24)
    known = club.atelier.client.get_guild(guild.id)
    assert known
    with club.env.time_context():
        alice, bob = [await known.fetch_member(member.id) for member in (club.alice, club.bob)]
    assert golden.id in [role.id for role in bob.roles]
    assert golden.id not in [role.id for role in alice.roles]


def test_strengths_follow_wins() -> None:
    strengths = bradley_terry([1, 2, 3, 4], [(1, 2), (2, 3), (1, 3), (1, 2)])
    assert strengths[1] > strengths[4] > strengths[3]
    assert strengths[4] == 1.0
    even = bradley_terry([1, 2], [(1, 2), (2, 1)] * 50)
    assert even == {1: 1.0, 2: 1.0}
    often = bradley_terry([1, 2], [(1, 2)] * 300 + [(2, 1)] * 100)
    assert often[1] / often[2] == pytest.approx(3, rel=0.02)


def test_ballots_have_orders_of_their_own_without_ones_own() -> None:
    entries = [Entry(number, 1, number, number % 4, "") for number in range(1, 13)]
    first, second = ballot_order(entries, 1), ballot_order(entries, 2)
    assert [each.id for each in first] != sorted(each.id for each in first)
    assert first == ballot_order(entries, 1)
    assert all(each.user_id != 1 for each in first)
    assert [each.id for each in first if each.user_id == 3] != [each.id for each in second if each.user_id == 3]


def test_each_pair_comes_once_and_never_of_one_maker() -> None:
    entries = [Entry(number, 1, number, number % 3, "") for number in range(1, 7)]
    votes: list[Vote] = []
    while pair := next_pair(entries, votes, 0):
        assert pair[0].user_id != pair[1].user_id
        assert 0 not in (pair[0].user_id, pair[1].user_id)
        votes.append(Vote(0, pair[0].id, pair[1].id))
    assert len({frozenset((each.chosen_id, each.other_id)) for each in votes}) == len(votes) == 4


async def test_a_follow_up_skips_weeks_that_were_missed(club: Server, clock: Clock) -> None:
    await hold(club, weekly=True)
    [challenge] = await club.atelier.challenges.service.newest(club.alice.guild.id, viewer(club))
    following = follow_up(challenge, clock() + timedelta(days=16))
    assert following
    assert following.starts_at - challenge.starts_at == timedelta(days=21)
