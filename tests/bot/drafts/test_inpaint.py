from dataclasses import asdict
from typing import Any

from PIL import Image, ImageChops

from bot.database.states import JobStatus
from tests.support.cards import card_buttons, card_text
from tests.support.images import ellipse, meadow, opened, png
from tests.support.server import Server


async def test_the_answer_is_put_off_until_the_card_is_there(idle_server: Server) -> None:
    result = await idle_server.inpaint()
    assert result.deferred
    assert not result.ephemeral


async def test_a_member_gets_a_picture_of_which_only_the_region_is_new(server: Server) -> None:
    result = await server.inpaint(seed=7)
    assert result.acknowledged
    assert not result.ephemeral
    job = await server.shown(await server.job())
    assert job.status is JobStatus.SUCCEEDED

    message = server.card(job)
    [attachment] = message.attachments
    [creation] = await server.creations(job)
    assert attachment.filename == f"atelier-{creation.id}.png"
    assert "preview" not in attachment.filename
    picture = opened(server.atelier.kernel.files.path(creation.file_key).read_bytes())
    difference = ImageChops.difference(picture, meadow())
    outside = ImageChops.invert(ellipse())
    assert ImageChops.multiply(difference, Image.merge("RGB", [outside] * 3)).getbbox() is None
    assert difference.getbbox() is not None

    text = card_text(message)
    assert "a dog in a green meadow" in text
    assert "seed 7" in text
    assert f"<@{server.alice.id}>" in text
    assert card_buttons(message) == ["Reroll"]
    assert len(server.messages()) == 1


async def test_the_same_seed_gives_the_same_picture_alone_and_among_others(server: Server) -> None:
    await server.inpaint(seed=40, count=3)
    await server.inpaint(seed=40, count=3)
    await server.inpaint(seed=41)
    jobs = [await server.shown(job) for job in await server.jobs()]
    three, again, alone = [await server.creations(job) for job in jobs]

    assert [creation.seed for creation in three] == [40, 41, 42]
    assert len({creation.file_key for creation in three}) == 3
    pairs = [*zip(three, again, strict=True), (three[1], alone[0])]
    for pair in pairs:
        pictures = [opened(server.atelier.kernel.files.path(made.file_key).read_bytes()) for made in pair]
        extremes: Any = ImageChops.difference(*pictures).getextrema()
        # In another company, a batch has another size, and rounds otherwise.
        assert max(high for _, high in extremes) <= 1
    assert len(server.card(jobs[0]).attachments) == 3


async def test_a_region_word_says_what_is_repainted(server: Server) -> None:
    await server.inpaint(mask=None, region="left")
    changed = await server.changed_part()
    assert changed is not None
    assert changed[2] <= 80


async def test_a_hole_in_the_picture_is_repainted_and_closed(server: Server) -> None:
    picture = meadow()
    picture.putalpha(ImageChops.invert(ellipse()))
    result = await server.inpaint(mask=None, image=("hole.png", png(picture)))
    # Whoever gave neither mask nor region looks at what was understood.
    await server.alice.click(result.response.message, label="Go")
    job = await server.shown(await server.job())
    [creation] = await server.creations(job)
    painted = opened(server.atelier.kernel.files.path(creation.file_key).read_bytes())
    assert painted.getchannel("A").getextrema() == (255, 255)
    assert "transparent part" in server.text(job)


async def test_the_card_says_when_a_mask_was_resized(server: Server) -> None:
    await server.inpaint(mask=("mask.png", png(ellipse(320, 240))))
    job = await server.shown(await server.job())
    assert job.status is JobStatus.SUCCEEDED
    assert "resized from 320 × 240" in server.text(job)


async def test_all_options_reach_the_picture(server: Server) -> None:
    options = {"negative_prompt": "a cat", "strength": 0.5, "guidance_scale": 3.0, "scheduler": "euler_a", "seed": 5}
    await server.inpaint(**options, invert=True)
    job = await server.shown(await server.job())
    assert job.status is JobStatus.SUCCEEDED
    given = asdict(job.parameters)
    assert {name: given[name] for name in options} == options
    assert "without: a cat" in server.text(job)
    changed = await server.changed_part()
    assert changed is not None
    assert changed[:2] == (0, 0)
