"""The leaderboard: what gives points, who came where, and season by season."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.leaderboard.models import Board, Ranked, Season, ranked
from bot.leaderboard.store import LeaderboardStore
from bot.leaderboard.views import SHOWN
from tests.support.cards import card_buttons, card_text
from tests.support.challenges import hold, later, opened_ballot, orders, picture
from tests.support.clock import Clock
from tests.support.critiques import criticised, read
from tests.support.member_actions import kept, likes, seen_by, taken_out, viewer
from tests.support.server import Server


async def opened_board(server: Server, member: Any) -> Any:
    answer = await member.slash(server.channel, "leaderboard")
    assert answer.ephemeral
    return seen_by(server, member, answer)


async def turned(server: Server, member: Any, card: Any, board: Board) -> list[str]:
    """Choose a board; return its lines."""
    custom_id = next(each for each in str([item.to_dict() for item in card.components]).split("'") if "board:" in each)
    await member.select(card, [board], custom_id=custom_id)
    return lines(server, member, card)


def lines(server: Server, member: Any, card: Any) -> list[str]:
    shown = next(each for each in server.channel.history(viewer=member) if each.id == card.id)
    return card_text(shown).splitlines()


async def test_makers_are_ranked_by_likes_and_places(club: Server, clock: Clock) -> None:
    pictures = await kept(club, count=3)
    await likes(club, pictures, club.bob, club.moderator)
    await likes(club, await kept(club, member=club.bob), club.alice)
    text = lines(club, club.bob, await opened_board(club, club.bob))
    assert text[0].startswith("## Makers · Quarter ")
    assert text[1:3] == [f"**1** · <@{club.alice.id}> · 2 points", f"**2** · <@{club.bob.id}> · 1 point"]
    await hold(club)
    for member in (club.alice, club.bob):
        own = await picture(club, member)
        await member.slash(club.channel, "challenge enter", challenge=1, picture=own.id)
    await later(club, clock, hours=48)
    # Nothing of it counts before it has closed.
    assert lines(club, club.bob, await opened_board(club, club.bob)) == text
    order = [each.user_id for each in await orders(club, club.moderator)]
    number = order.index(club.bob.id) + 1
    await club.moderator.click(await opened_ballot(club, club.moderator), label=f"⭐ {number}")
    await later(club, clock, hours=24)
    season = Season.of(
        (await club.atelier.challenges.service.newest(club.alice.guild.id, viewer(club)))[0].voting_ends_at
    )
    points = await store(club).points(club.alice.guild.id, Board.MAKERS, season, viewer(club))
    assert points[club.bob.id] - points[club.alice.id] in (1, 2)
    assert points[club.bob.id] >= 5


def store(server: Server) -> LeaderboardStore:
    return LeaderboardStore(server.atelier.kernel.database)


async def test_what_others_made_from_ones_pictures_counts(club: Server) -> None:
    await kept(club)
    await kept(club, member=club.bob, count=2, parent_id=1)
    await kept(club, parent_id=1)
    card = await opened_board(club, club.alice)
    text = await turned(club, club.alice, card, Board.REMIXED)
    assert text[0].startswith("## Remixed most")
    assert text[1] == f"**1** · <@{club.alice.id}> · 2 points"
    assert text[2].startswith("-# A point for each picture")
    await taken_out(club, 2)
    assert (await turned(club, club.alice, card, Board.REMIXED))[1].endswith("· 1 point")


async def test_helpful_critics_are_ranked(club: Server) -> None:
    for number in (1, 2):
        await kept(club)
        await criticised(club, club.bob, number)
        await criticised(club, club.moderator, number)
    card = await opened_board(club, club.bob)
    assert (await turned(club, club.bob, card, Board.CRITICS))[1] == "Nobody is on it."
    for number in (1, 2):
        told = await read(club, club.alice, number)
        await club.alice.click(told, custom_id=f"critique:{number}:{club.bob.id}:0:helpful")
    text = await turned(club, club.bob, card, Board.CRITICS)
    assert text[1] == f"**1** · <@{club.bob.id}> · 2 points"
    assert str(club.moderator.id) not in "".join(text)


async def test_one_goes_from_season_to_season(club: Server, clock: Clock) -> None:
    await likes(club, await kept(club), club.bob)
    now = await opened_board(club, club.alice)
    assert card_buttons(now) == ["◀ The season before"]
    clock.ahead = timedelta(days=100)
    card = await opened_board(club, club.alice)
    assert "Nobody is on it." in card_text(card)
    while str(club.alice.id) not in (text := "".join(lines(club, club.alice, card))):
        assert "Quarter" in text
        await club.alice.click(card, label="◀ The season before")
    assert lines(club, club.alice, card)[0] == card_text(now).splitlines()[0]
    await club.alice.click(card, label="The season after ▶")
    assert "Nobody is on it." in lines(club, club.alice, card)


async def test_ones_own_place_is_shown_below_the_first_ten(club: Server) -> None:
    makers = [club.alice.guild.add_member(club.env.create_user(f"maker{n}")) for n in range(SHOWN)]
    await kept(club)
    for maker in makers:
        await kept(club, member=maker, parent_id=1)
        await kept(club, member=club.bob, parent_id=(await newest_of(club, maker)))
        await kept(club, member=club.moderator, parent_id=(await newest_of(club, maker)))
    await kept(club, member=club.alice, parent_id=(await newest_of(club, club.bob)))
    card = await opened_board(club, club.bob)
    text = await turned(club, club.bob, card, Board.REMIXED)
    assert text[1] == f"**1** · <@{club.alice.id}> · 10 points"
    assert text[2:11] == [f"**2** · <@{each.id}> · 2 points" for each in makers[:9]]
    assert text[11:13] == ["…", f"**12** · <@{club.bob.id}> · 1 point"]


async def newest_of(server: Server, member: Any) -> int:
    made = await server.atelier.kernel.creations.made_since(
        server.alice.guild.id, datetime.min.replace(tzinfo=UTC), viewer(server, member)
    )
    return made[0].id


async def test_a_server_ranks_only_its_own(club: Server, clock: Clock) -> None:
    await likes(club, await kept(club), club.bob)
    await kept(club, member=club.bob, parent_id=1)
    await criticised(club, club.bob)
    await club.alice.click(await read(club, club.alice), label="Helpful")
    season = Season.of(clock())
    for board in Board:
        assert await store(club).points(club.alice.guild.id, board, season, viewer(club)) != {}
        assert await store(club).points(club.alice.guild.id + 1, board, season, viewer(club)) == {}
        assert await store(club).points(club.alice.guild.id, board, season.after, viewer(club)) == {}


async def test_it_belongs_to_a_server(club: Server) -> None:
    answer = await club.alice.user.slash("leaderboard")
    assert "That belongs to a server" in str([each.content for each in answer.followups])


def test_equal_points_share_a_place() -> None:
    expected = [Ranked(1, 4, 9), Ranked(2, 2, 5), Ranked(2, 3, 5), Ranked(4, 1, 1)]
    assert ranked({1: 1, 2: 5, 3: 5, 4: 9, 5: 0}) == expected


def test_seasons_follow_each_other() -> None:
    season = Season.of(datetime(2026, 2, 3, tzinfo=UTC))
    assert season.before == Season(datetime(2025, 10, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    assert season.after == Season(datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
    assert season.before.after == season


def test_seasons_are_quarters() -> None:
    season = Season.of(datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert (season.begins.month, season.begins.day, season.ends.month, season.ends.day) == (10, 1, 1, 1)
    assert season.ends.year == 2027
    assert season.after.before == season
