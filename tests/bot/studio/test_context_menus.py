"""What one can do with any message that shows pictures."""

from typing import Any

import pytest
from PIL import Image

from bot.config import Settings
from bot.database.states import JobStatus
from engine.images import write_png
from tests.support.cards import card_text
from tests.support.images import meadow, opened, png
from tests.support.server import Server, opened_server


async def posted(server: Server, *pictures: tuple[str, bytes]) -> Any:
    """Let Bob post pictures, and return his message."""
    return await server.bob.send(server.channel, "look", attachments=list(pictures))


async def test_a_members_picture_is_repainted(studio: Server) -> None:
    message = await posted(studio, ("meadow.png", png(meadow())))
    shown = await studio.alice.context_menu(studio.channel, "Repaint a region", message)
    answer = await studio.alice.submit_modal(shown, {"prompt": "a red boat", "words": "left"})
    assert answer.ephemeral
    draft = await studio.atelier.drafts.service.draft(1, studio.alice.id)
    picture, mask = await studio.atelier.drafts.service.files_of(draft)
    assert draft.parameters.prompt == "a red boat"
    assert opened(picture).tobytes() == meadow().tobytes()
    assert opened(mask).getbbox() == (0, 0, 80, 120)


async def test_of_several_pictures_one_is_chosen(studio: Server) -> None:
    second = meadow(64, 48)
    message = await posted(studio, ("first.png", png(meadow())), ("second.png", png(second)))
    asked = await studio.alice.context_menu(studio.channel, "Repaint a region", message)
    assert asked.ephemeral
    card = next(each for each in studio.messages() if each.id == asked.response.message.id)
    shown = await studio.alice.select(card, ["2"])
    await studio.alice.submit_modal(shown, {"prompt": "a red boat"})
    draft = await studio.atelier.drafts.service.draft(1, studio.alice.id)
    picture, mask = await studio.atelier.drafts.service.files_of(draft)
    assert opened(picture).size == (64, 48)
    assert opened(mask).getbbox() is None


@pytest.mark.parametrize("name", ["Repaint a region", "Remix", "Details"])
async def test_a_message_without_a_picture_is_refused(studio: Server, name: str) -> None:
    message = await posted(studio, ("story.txt", b"once upon a time"))
    answer = await studio.alice.context_menu(studio.channel, name, message)
    assert answer.ephemeral
    assert "shows no picture" in answer.response.content


async def test_a_result_is_remixed_and_tells_of_itself(settings: Settings) -> None:
    async with opened_server(settings) as server:
        await server.inpaint(seed=7, negative_prompt="fog")
        job = await server.shown(await server.job())
        told = await server.bob.context_menu(server.channel, "Details", server.card(job))
        text = card_text(
            next(each for each in server.channel.history(viewer=server.bob) if each.id == told.response.id)
        )
        assert "a dog in a green meadow" in text
        assert "seed `7`" in text
        assert "without: fog" in text

        shown = await server.bob.context_menu(server.channel, "Remix", server.card(job))
        assert "a dog in a green meadow" in str(shown.modal)
        await server.bob.submit_modal(shown, {"prompt": "a cat", "negative_prompt": "", "strength": "0,5"})
        [remix] = [each for each in await server.jobs() if each.id != job.id]
        remix = await server.shown(remix)
        assert remix.status is JobStatus.SUCCEEDED
        assert remix.user_id == server.bob.id
        assert (remix.parameters.prompt, remix.parameters.strength) == ("a cat", 0.5)
        assert remix.parameters.num_inference_steps == job.parameters.num_inference_steps
        public = server.channel.history(viewer=server.moderator)
        assert remix.place.message_id in [message.id for message in public]


async def test_a_strength_that_is_none_is_refused(studio: Server) -> None:
    message = await posted(studio, ("meadow.png", png(meadow())))
    for strength in ("much", "2"):
        shown = await studio.alice.context_menu(studio.channel, "Remix", message)
        answer = await studio.alice.submit_modal(shown, {"prompt": "a cat", "strength": strength})
        assert "from 0.05 to 1" in answer.response.content
    assert await studio.jobs() == []


async def test_a_file_tells_how_it_was_made(studio: Server) -> None:
    made = write_png(Image.new("RGB", (32, 32)), parameters="a **fox**\nSteps: 20, Seed: 5")
    message = await posted(studio, ("fox.png", made))
    told = await studio.alice.context_menu(studio.channel, "Details", message)
    text = card_text(next(each for each in studio.messages() if each.id == told.response.id))
    assert r"a \*\*fox\*\*" in text
    assert "Seed: 5" in text
    silent = await studio.alice.context_menu(
        studio.channel, "Details", await posted(studio, ("meadow.png", png(meadow())))
    )
    assert "doesn't say how it was made" in silent.followups[0].content


async def test_who_looks_not_ahead_paints_at_once(studio: Server) -> None:
    await studio.atelier.kernel.settings.prefer(studio.alice.id, preview=False)
    message = await posted(studio, ("meadow.png", png(meadow())))
    shown = await studio.alice.context_menu(studio.channel, "Repaint a region", message)
    await studio.alice.submit_modal(shown, {"prompt": "a red boat", "words": "left"})
    [job] = await studio.jobs()
    assert job.parameters.prompt == "a red boat"
