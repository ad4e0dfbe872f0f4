"""Going through the gallery."""

import re
from typing import Any

import pytest

from bot.gallery.filter_store import MOST
from bot.gallery.models import Browsing, GalleryView
from bot.gallery.store import PAGE
from bot.settings.models import STAR
from tests.support.cards import card_buttons, card_text
from tests.support.challenges import entered, hold, later, picture
from tests.support.clock import Clock
from tests.support.images import opened
from tests.support.member_actions import filtered, kept, likes, seen_by, viewer
from tests.support.server import Server

pytestmark = pytest.mark.both_databases


async def opened_gallery(server: Server, view: str, **options: Any) -> Any:
    answer = await server.bob.slash(server.channel, f"gallery {view}", **options)
    assert answer.ephemeral
    return seen_by(server, server.bob, answer)


def numbers(card: Any) -> list[int]:
    """Return which pictures a card shows."""
    return [int(number) for number in re.findall(r"\[#(\d+)\]", card_text(card))]


async def turned(server: Server, card: Any, label: str) -> Any:
    """Press a button of the card, and return the card as it is then."""
    await server.bob.click(card, label=label)
    return next(each for each in server.channel.history(viewer=server.bob) if each.id == card.id)


async def test_pages_stay_right_while_pictures_come_and_go(idle_server: Server) -> None:
    server = idle_server
    jobs = [await kept(server) for _ in range(2 * PAGE + 2)]
    everything = [(await server.creations(job))[0].id for job in reversed(jobs)]
    first = await opened_gallery(server, "browse")
    assert numbers(first) == everything[:PAGE]
    assert card_buttons(first) == ["More ▶", "Filter …"]
    assert len(first.attachments) == PAGE
    assert max(opened(await first.attachments[0].read()).size) <= 384
    await kept(server)
    second = await turned(server, first, "More ▶")
    assert numbers(second) == everything[PAGE : 2 * PAGE]
    assert card_buttons(second) == ["◀ Back", "More ▶", "Filter …"]
    await server.atelier.kernel.removal.take([everything[2 * PAGE - 1]])
    last = await turned(server, second, "More ▶")
    assert numbers(last) == everything[2 * PAGE :]
    assert card_buttons(last) == ["◀ Back", "Filter …"]
    back = await turned(server, last, "◀ Back")
    assert numbers(back) == [number for number in everything[PAGE - 1 : 2 * PAGE] if number != everything[2 * PAGE - 1]]
    assert card_buttons(back) == ["◀ Back", "More ▶", "Filter …"]


async def test_a_page_opens_a_picture_and_links_to_its_message(idle_server: Server) -> None:
    server = idle_server
    job = await kept(server)
    [creation] = await server.creations(job)
    card = await opened_gallery(server, "browse")
    assert f"/{server.channel.id}/{job.place.message_id})" in card_text(card)
    alone = seen_by(server, server.bob, await server.bob.select(card, [str(creation.id)], custom_id="open"))
    assert f"more:{creation.id}" in str([item.to_dict() for item in alone.components])


async def test_ones_own_a_members_and_favourites(idle_server: Server) -> None:
    server = idle_server
    jobs = [await kept(server) for _ in range(3)]
    first, second, third = [(await server.creations(job))[0].id for job in jobs]
    assert numbers(await opened_gallery(server, "mine")) == []
    assert numbers(await opened_gallery(server, "member", member=server.alice)) == [third, second, first]
    for number in (first, third):
        await server.atelier.kernel.creations.toggle_favourite(server.bob.id, number)
    await server.atelier.kernel.creations.toggle_favourite(server.alice.id, second)
    assert numbers(await opened_gallery(server, "favourites")) == [third, first]


async def test_what_members_like_most_comes_first_and_once(idle_server: Server) -> None:
    server = idle_server
    jobs = [await kept(server, count=2) for _ in range(PAGE + 2)]
    await likes(server, jobs[1], server.bob)
    await likes(server, jobs[4], server.bob, server.moderator)
    first = [(await server.creations(job))[0].id for job in jobs]
    card = await opened_gallery(server, "top")
    rest = [number for number in reversed(first) if number not in (first[4], first[1])]
    assert numbers(card) == [first[4], first[1], *rest][:PAGE]
    assert f"{STAR} 2" in card_text(card)
    assert numbers(await turned(server, card, "More ▶")) == [first[4], first[1], *rest][PAGE:]


async def test_pictures_by_chance_are_pictures_of_the_gallery(idle_server: Server) -> None:
    server = idle_server
    assert "No pictures here" in card_text(await opened_gallery(server, "random"))
    created = {(await server.creations(await kept(server)))[0].id for _ in range(4)}
    card = await opened_gallery(server, "random")
    assert set(numbers(card)) <= created
    assert len(numbers(card)) == len(set(numbers(card))) > 0
    assert card_buttons(card) == ["Others", "Filter …"]
    assert set(numbers(await turned(server, card, "Others"))) <= created


@pytest.mark.parametrize(("kind", "count"), [("imagined", 1), ("repainted", 0), ("remixed", 0), ("all", 1)])
async def test_kinds_are_told_apart(idle_server: Server, kind: str, count: int) -> None:
    server = idle_server
    await kept(server)
    shown = await filtered(server, await opened_gallery(server, "browse"), kind=kind)
    assert len(numbers(shown)) == count
    assert card_buttons(shown) == ["Filter …", *([] if kind == "all" else ["Without filters"])]
    if kind != "all":
        assert len(numbers(await turned(server, shown, "Without filters"))) == 1


def asked(modal: Any) -> dict[str, list[str]]:
    """Return the lists of a modal by their names, each with what is written on its options."""
    selects = [each["component"] for each in modal.modal["components"]]
    return {each["custom_id"]: [option["label"] for option in each["options"]] for each in selects}


def preset(modal: Any) -> dict[str, list[str]]:
    """Return what is chosen in the lists of a modal before one touches them."""
    selects = [each["component"] for each in modal.modal["components"]]
    return {
        each["custom_id"]: [option["value"] for option in each["options"] if option.get("default")] for each in selects
    }


async def test_pages_of_a_style_stay_right_while_pictures_come_and_go(idle_server: Server) -> None:
    server = idle_server
    await server.moderator.slash(server.channel, "style add", name="ink_", words="a sketch", for_everyone=True)
    styles = ["ink_", ""] * (PAGE + 2)
    made = [(await server.creations(await kept(server, style=style)))[0].id for style in styles]
    inked = made[-2::-2]
    first = await filtered(server, await opened_gallery(server, "browse"), style="1", days="7")
    assert numbers(first) == inked[:PAGE]
    assert card_text(first).startswith("## The gallery\n-# Of the last week · In the style “ink\\_”\n")
    await kept(server, style="ink_")
    await kept(server)
    await server.atelier.kernel.removal.take([inked[PAGE - 1]])
    # What the style is changes, not which it is.
    await server.moderator.slash(server.channel, "style add", name="ink_", words="in ink", for_everyone=True)
    last = await turned(server, first, "More ▶")
    assert numbers(last) == inked[PAGE:]
    assert "In the style" in card_text(last)
    modal = await server.bob.click(last, label="Filter …")
    assert preset(modal) == {"kind": ["all"], "days": ["7"], "style": ["1"]}
    assert len(numbers(await turned(server, last, "Without filters"))) == PAGE


async def test_what_is_liked_most_is_filtered_too(idle_server: Server) -> None:
    server = idle_server
    await server.moderator.slash(server.channel, "style add", name="ink", words="a sketch", for_everyone=True)
    jobs = [await kept(server, style=style) for style in ("ink", "", "ink", "ink", "")]
    first, _, third, fourth, _ = [(await server.creations(job))[0].id for job in jobs]
    await likes(server, jobs[1], server.bob, server.moderator)
    await likes(server, jobs[2], server.bob)
    shown = await filtered(server, await opened_gallery(server, "top"), style="1")
    assert numbers(shown) == [third, fourth, first]


async def test_only_styles_that_have_pictures_are_asked_for(idle_server: Server) -> None:
    server = idle_server
    card = await opened_gallery(server, "browse")
    assert list(asked(await server.bob.click(card, label="Filter …"))) == ["kind", "days"]
    for name in ("ink", "dusk", "unused", *(f"s{number}" for number in range(MOST))):
        await server.moderator.slash(server.channel, "style add", name=name, words="a sketch", for_everyone=True)
    await server.alice.slash(server.channel, "style add", name="hers", words="a sketch")
    await server.bob.slash(server.channel, "style add", name="ink", words="his own")
    job = await kept(server, style="ink")
    [dusk] = await server.creations(await kept(server, style="dusk"))
    await kept(server, style="hers")
    await kept(server, style="gone")
    modal = await server.bob.click(card, label="Filter …")
    assert asked(modal)["style"] == ["Of every style", "dusk", "ink"]
    assert preset(modal)["style"] == ["0"]
    assert asked(await server.alice.click(await mine(server), label="Filter …"))["style"][1] == "hers"
    # What goes on from a picture is in its style.
    [creation] = await server.creations(job)
    child = await kept(server, parent_id=creation.id, image_key=creation.file_key)
    assert asked(await server.bob.click(card, label="Filter …"))["style"][1] == "ink"
    found = await filtered(server, card, style="1")
    assert numbers(found) == [(await server.creations(child))[0].id, creation.id]
    await server.atelier.kernel.removal.take([dusk.id])
    assert asked(await server.bob.click(card, label="Filter …"))["style"] == ["Of every style", "ink"]
    for number in range(MOST):
        await kept(server, style=f"s{number}")
    styles = asked(await server.bob.click(found, label="Filter …"))["style"]
    assert styles[:3] == ["Of every style", "ink", f"s{MOST - 1}"]
    assert len(styles) == 1 + MOST


async def mine(server: Server) -> Any:
    return seen_by(server, server.alice, await server.alice.slash(server.channel, "gallery mine"))


async def test_a_challenge_is_a_filter_once_it_is_over(club: Server, clock: Clock) -> None:
    await hold(club, title="Au_tumn", entries_each=PAGE)
    mine = [await picture(club) for _ in range(PAGE)]
    bobs, out = await picture(club, club.bob), await picture(club, club.moderator)
    await picture(club)
    for creation in (*mine, bobs, out):
        maker = {club.alice.id: club.alice, club.bob.id: club.bob}.get(creation.user_id, club.moderator)
        assert "is in" in await entered(club, maker, creation)
    await club.moderator.slash(
        club.channel, "challenge disqualify", challenge=1, picture=out.id, reason="off the theme"
    )
    await later(club, clock, hours=48)
    card = await opened_gallery(club, "browse")
    assert "challenge" not in asked(await club.bob.click(card, label="Filter …"))
    store = club.atelier.gallery.browsing
    blind = Browsing(GalleryView.NEWEST, challenge_id=1)
    assert (await store.page(club.alice.guild.id, blind, viewer(club))).creations == ()
    await later(club, clock, hours=24)
    modal = await club.bob.click(card, label="Filter …")
    assert asked(modal)["challenge"] == ["Of every challenge, and of none", "Au_tumn"]
    assert "Everything *golden*" in str(modal.modal)
    entries = [each.id for each in (bobs, *reversed(mine))]
    first = await filtered(club, card, challenge="1")
    assert numbers(first) == entries[:PAGE]
    assert "-# From the challenge “Au\\_tumn”" in card_text(first)
    assert numbers(await turned(club, first, "More ▶")) == entries[PAGE:]
    assert numbers(await filtered(club, first, challenge="1", kind="remixed")) == []


async def test_filters_count_for_the_longest_words(club: Server, clock: Clock) -> None:
    await hold(club, entries_each=PAGE + 1)
    await club.moderator.slash(club.channel, "style add", name="s" * 32, words="a sketch", for_everyone=True)
    words = f"{'long' * 9} fox"
    made = [await picture(club, prompt=words, style="s" * 32) for _ in range(PAGE + 1)]
    for creation in made:
        await entered(club, club.alice, creation)
    await entered(club, club.bob, await picture(club, club.bob, prompt="a boat"))
    for hours in (48, 24):
        await later(club, clock, hours=hours)
    card = await opened_gallery(club, "search", words=words)
    chosen = {"kind": "imagined", "days": "30", "style": "1", "challenge": "1"}
    first = await filtered(club, card, **chosen)
    assert numbers(await turned(club, first, "More ▶")) == [made[0].id]
    assert preset(await club.bob.click(first, label="Filter …")) == {name: [value] for name, value in chosen.items()}


async def test_a_server_sees_only_its_own(idle_server: Server) -> None:
    server = idle_server
    await kept(server)
    browsing = server.atelier.gallery.browsing
    for view in GalleryView:
        assert (await browsing.page(server.alice.guild.id + 1, Browsing(view), viewer(server))).creations == ()


async def test_pictures_are_found_by_the_words_of_their_prompts(idle_server: Server) -> None:
    server = idle_server
    prompts = ["a red fox in the snow/night", "a foxglove by a café", "a boat", *["a blue boat"] * PAGE]
    found = {}
    for prompt in prompts:
        [creation] = await server.creations(await kept(server, prompt=prompt))
        found.setdefault(prompt, []).append(creation.id)
    assert numbers(await opened_gallery(server, "search", words="fox")) == [2, 1]
    assert numbers(await opened_gallery(server, "search", words="SNOW red")) == [1]
    assert numbers(await opened_gallery(server, "search", words="nigh")) == [1]
    assert numbers(await opened_gallery(server, "search", words="cafe")) == [2]
    assert numbers(await opened_gallery(server, "search", words='"OR fox NEAR(')) == []
    assert numbers(await opened_gallery(server, "search", words="_")) == []
    card = await opened_gallery(server, "search", words="boat")
    boats = [*reversed(found["a blue boat"]), *found["a boat"]]
    assert numbers(card) == boats[:PAGE]
    assert "boat" in card_text(card)
    assert numbers(await turned(server, card, "More ▶")) == boats[PAGE:]
    refused = await server.bob.slash(server.channel, "gallery search", words="!?")
    assert "at least one word" in refused.response.content
    browsing = server.atelier.gallery.browsing
    elsewhere = await browsing.page(
        server.alice.guild.id + 1, Browsing(GalleryView.NEWEST, words="boat"), viewer(server)
    )
    assert elsewhere.creations == ()
