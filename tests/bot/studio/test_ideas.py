"""Pictures into prompts, prompts into fewer words, and several pictures into one."""

from typing import Any

import pytest

from bot.database.states import JobStatus
from bot.imaging.images import blended
from bot.studio.ideas_service import IdeaService
from tests.support.cards import card_text
from tests.support.images import meadow, opened, png
from tests.support.member_actions import imagined, newest, seen_by
from tests.support.server import Server


async def test_a_picture_is_described_and_painted_from_there(server: Server) -> None:
    job = await imagined(server, prompt="a red car", count=1, steps=20, seed=1)
    [creation] = await server.creations(job)
    file = server.atelier.kernel.files.path(creation.file_key).read_bytes()
    answer = await server.bob.slash(server.channel, "describe", image=("car.png", file))
    card = seen_by(server, server.bob, answer)
    assert answer.ephemeral
    assert "its own world" in card_text(card)
    await server.bob.click(card, label="Paint")
    painted = await newest(server, {job.id})
    assert painted.status is JobStatus.SUCCEEDED
    assert painted.parameters.prompt in card_text(card)
    assert painted.user_id == server.bob.id


async def test_what_can_not_be_described_is_said(server: Server) -> None:
    await imagined(server, count=1)
    answer = await server.bob.slash(server.channel, "describe", image=("meadow.png", png(meadow())))
    assert "describe it in your own words" in str([each.content for each in answer.followups])


async def test_before_the_model_is_ready_that_is_said(idle_server: Server) -> None:
    answer = await idle_server.bob.slash(idle_server.channel, "shorten", prompt="a fox in the snow")
    assert "getting ready" in str([each.content for each in answer.followups])


async def test_a_prompt_is_shortened(server: Server) -> None:
    await imagined(server, count=1)
    answer = await server.bob.slash(server.channel, "shorten", prompt="a very beautiful fox in the deep snow")
    card = seen_by(server, server.bob, answer)
    text = card_text(card)
    assert "**snow**" in text
    assert "**the**" not in text
    assert "left out" in text


def test_shorter_prompts_keep_the_words_that_matter_in_their_order() -> None:
    desk: Any = IdeaService.shorter
    words = (("a", 0.05), ("red", 0.3), ("fox", 0.5), ("runs", 0.15))
    assert desk(None, words) == ["red fox runs", "red fox", "fox"]
    assert desk(None, (("fox", 1.0),)) == []


def test_pictures_are_laid_over_each_other() -> None:
    first, second = meadow(160, 120), meadow(90, 200)
    together = blended([first, second, first])
    assert together.size == first.size
    pixel, before = together.getpixel((80, 60)), first.getpixel((80, 60))
    assert isinstance(pixel, tuple)
    assert isinstance(before, tuple)
    assert blended([first, first]).tobytes() == first.tobytes()


async def test_pictures_are_blended(server: Server) -> None:
    pictures = {f"image{number}": (f"{number}.png", png(meadow(160, 120))) for number in (1, 2)}
    await server.alice.slash(server.channel, "blend", prompt="a meadow", **pictures)
    blend = await newest(server, set())
    assert blend.status is JobStatus.SUCCEEDED
    assert blend.parameters.strength < 1
    assert opened(server.atelier.kernel.files.path(blend.image_key).read_bytes()).size == (160, 120)
    assert len(await server.creations(blend)) == 4


@pytest.mark.parametrize("known", [True, False])
async def test_a_blend_finds_its_own_words(server: Server, known: bool) -> None:
    job = await imagined(server, prompt="a red car", count=1, steps=20, seed=1)
    [creation] = await server.creations(job)
    car = server.atelier.kernel.files.path(creation.file_key).read_bytes()
    other = car if known else png(meadow())
    answer = await server.bob.slash(server.channel, "blend", image1=("1.png", car), image2=("2.png", other))
    if known:
        assert (await newest(server, {job.id})).parameters.prompt
    else:
        assert "Add a `prompt`" in str([each.content for each in answer.followups])
        assert len(await server.jobs()) == 1
