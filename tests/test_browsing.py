"""Going through the gallery."""

import re
from typing import Any

import pytest

from bot.gallery.browsing import PAGE
from bot.records import STAR, Browsing, Job, View
from tests.conftest import Server, card_buttons, card_text
from tests.pictures import opened
from tests.playing import kept, seen_by

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


async def likes(server: Server, job: Job, *members: Any) -> None:
    message = next(each for each in server.channel.history() if each.id == job.place.message_id)
    for member in members:
        await member.react(message, STAR)


async def test_pages_stay_right_while_pictures_come_and_go(idle_server: Server) -> None:
    server = idle_server
    jobs = [await kept(server) for _ in range(2 * PAGE + 2)]
    everything = [(await server.creations(job))[0].id for job in reversed(jobs)]
    first = await opened_gallery(server, "browse")
    assert numbers(first) == everything[:PAGE]
    assert card_buttons(first) == ["More ▶"]
    assert len(first.attachments) == PAGE
    assert max(opened(await first.attachments[0].read()).size) <= 384
    await kept(server)
    second = await turned(server, first, "More ▶")
    assert numbers(second) == everything[PAGE : 2 * PAGE]
    assert card_buttons(second) == ["◀ Back", "More ▶"]
    await server.atelier.removal.take([everything[2 * PAGE - 1]])
    last = await turned(server, second, "More ▶")
    assert numbers(last) == everything[2 * PAGE :]
    assert card_buttons(last) == ["◀ Back"]
    back = await turned(server, last, "◀ Back")
    assert numbers(back) == [number for number in everything[PAGE - 1 : 2 * PAGE] if number != everything[2 * PAGE - 1]]
    assert card_buttons(back) == ["◀ Back", "More ▶"]


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
        await server.atelier.creations.toggle_favourite(server.bob.id, number)
    await server.atelier.creations.toggle_favourite(server.alice.id, second)
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
    assert card_buttons(card) == ["Others"]
    assert set(numbers(await turned(server, card, "Others"))) <= created


@pytest.mark.parametrize(("kind", "count"), [("imagined", 1), ("repainted", 0), ("remixed", 0), ("all", 1)])
async def test_kinds_are_told_apart(idle_server: Server, kind: str, count: int) -> None:
    server = idle_server
    await kept(server)
    card = await opened_gallery(server, "browse")
    custom_id = next(item for item in re.findall(r"kind:[\w:]+", str([each.to_dict() for each in card.components])))
    await server.bob.select(card, [kind], custom_id=custom_id)
    shown = next(each for each in server.channel.history(viewer=server.bob) if each.id == card.id)
    assert len(numbers(shown)) == count


async def test_a_server_sees_only_its_own(idle_server: Server) -> None:
    server = idle_server
    await kept(server)
    browsing = server.atelier.client.galleries._browsing  # pyright: ignore[reportPrivateUsage]
    for view in View:
        assert (await browsing.page(server.alice.guild.id + 1, Browsing(view))).creations == ()


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
    browsing = server.atelier.client.galleries._browsing  # pyright: ignore[reportPrivateUsage]
    elsewhere = await browsing.page(server.alice.guild.id + 1, Browsing(View.NEWEST, words="boat"))
    assert elsewhere.creations == ()
