"""The look ahead: a region is seen and changed before anything is painted."""

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageChops

from bot.config import Settings
from bot.database.states import JobStatus
from bot.drafts.models import Draft
from tests.support.cards import card_buttons, card_text
from tests.support.drafts import begun, box
from tests.support.images import ellipse, meadow, opened, png
from tests.support.server import Server, opened_server

GROWTH = 2


async def draft(server: Server) -> Draft:
    """Return the only draft that was begun."""
    found = await server.atelier.drafts.service.draft(1, server.alice.id)
    assert await server.atelier.kernel.store.jobs(*JobStatus) == []
    return found


async def region(server: Server) -> Image.Image:
    """Return the draft's region."""
    _, mask = await server.atelier.drafts.service.files_of(await draft(server))
    return opened(mask)


def seen(server: Server, card: Any) -> Any:
    """Return a card as its member sees it now."""
    return next(message for message in server.messages() if message.id == card.id)


async def press(server: Server, card: Any, label: str) -> Any:
    """Press a button of a card, and return the card as it is then."""
    result = await server.alice.click(seen(server, card), label=label)
    assert result.followups == []
    return seen(server, card)


async def test_nothing_is_painted_before_go(studio: Server) -> None:
    card = await begun(studio)
    text = card_text(card)
    assert "a dog in a green meadow" in text
    assert "**6%** of the picture is repainted" in text
    assert studio.channel.history(viewer=studio.bob) == []
    [picture] = card.attachments
    shown = np.asarray(opened(await picture.read()).resize((160, 120)), float)
    difference = np.abs(shown - np.asarray(meadow(), float)).max(axis=2)
    assert difference[35:55, 45:75].mean() > 40
    assert difference[70:, :].mean() < 10

    await studio.alice.click(card, label="Go")
    [job] = await studio.jobs()
    assert job.user_id == studio.alice.id
    mask = opened(studio.atelier.kernel.files.path(job.mask_key).read_bytes())
    assert ImageChops.difference(mask, box(40, 30, 80, 60)).getbbox() is None
    public = studio.channel.history(viewer=studio.bob)
    assert [message.id for message in public] == [job.place.message_id]
    assert "Handed in" in card_text(seen(studio, card))


async def test_go_paints(settings: Settings) -> None:
    async with opened_server(settings, preview=True) as server:
        card = await begun(server, seed=3)
        await server.alice.click(card, label="Go")
        job = await server.shown(await server.job())
        assert job.status is JobStatus.SUCCEEDED
        assert await server.changed_part() is not None
        assert len(server.card(job).attachments) == 1


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (f"Grow {GROWTH} px", (38, 28, 82, 62)),
        (f"Shrink {GROWTH} px", (42, 32, 78, 58)),
        ("Invert", (0, 0, 160, 120)),
    ],
)
async def test_a_region_is_changed_by_buttons(studio: Server, label: str, expected: tuple[int, int, int, int]) -> None:
    card = await press(studio, await begun(studio), label)
    assert (await region(studio)).getbbox() == expected
    assert await region(studio) != box(40, 30, 80, 60)
    assert "Go" in card_buttons(card)


async def test_invert_takes_the_rest(studio: Server) -> None:
    await press(studio, await begun(studio), "Invert")
    assert ImageChops.difference(await region(studio), ImageChops.invert(box(40, 30, 80, 60))).getbbox() is None


async def test_a_soft_edge_reaches_the_engine_and_the_picture(settings: Settings) -> None:
    async with opened_server(settings, preview=True) as server:
        card = await begun(server)
        for label in ("Feather", "Feather: 4 px"):
            card = await press(server, card, label)
        assert "Feather: 8 px" in card_buttons(card)
        await server.alice.click(card, label="Go")
        job = await server.shown(await server.job())
        mask = np.asarray(opened(server.atelier.kernel.files.path(job.mask_key).read_bytes()))
        assert mask[45, 60] == 255
        assert 0 < mask[45, 39] < 255
        assert mask[45, 10] == 0
        [creation] = await server.creations(job)
        painted = opened(server.atelier.kernel.files.path(creation.file_key).read_bytes())
        difference = np.asarray(ImageChops.difference(painted, meadow())).max(axis=2)
        assert difference[mask == 0].max() == 0
        assert difference[(mask > 0) & (mask < 128)].mean() < difference[mask == 255].mean()


async def test_cells_of_a_grid_are_picked(studio: Server) -> None:
    card = await begun(studio, mask=None)
    assert "Nothing is chosen yet" in card_text(card)
    card = await press(studio, card, "Pick cells")
    await studio.alice.select(card, ["1", "25"], custom_id="cells:1")
    mask = await region(studio)
    assert ImageChops.difference(mask, ImageChops.lighter(box(0, 0, 32, 24), box(128, 96, 160, 120))).getbbox() is None
    assert "**8%**" in card_text(seen(studio, card))


async def test_without_a_region_there_is_no_go(studio: Server) -> None:
    card = await begun(studio, mask=None)
    with pytest.raises(Exception, match="disabled"):
        await studio.alice.click(card, label="Go")
    assert await studio.jobs() == []


async def test_a_region_is_said_or_uploaded_in_a_modal(studio: Server) -> None:
    card = await begun(studio, mask=None)
    shown = await studio.alice.click(card, label="Say it")
    await studio.alice.submit_modal(shown, {"words": "top left"})
    assert (await region(studio)).getbbox() == (0, 0, 80, 60)
    shown = await studio.alice.click(card, label="Say it")
    await studio.alice.submit_modal(shown, {"mask": ("mask.png", png(ellipse()))})
    assert ImageChops.difference(await region(studio), ellipse()).getbbox() is None
    shown = await studio.alice.click(card, label="Say it")
    answer = await studio.alice.submit_modal(shown, {"words": " "})
    assert "You said nothing" in answer.followups[0].content


async def test_the_words_are_changed(studio: Server) -> None:
    card = await begun(studio)
    shown = await studio.alice.click(card, label="Edit prompt")
    await studio.alice.submit_modal(shown, {"prompt": "a blue **whale**", "negative_prompt": "fog"})
    parameters = (await draft(studio)).parameters
    assert (parameters.prompt, parameters.negative_prompt) == ("a blue **whale**", "fog")
    assert r"a blue \*\*whale\*\*" in card_text(seen(studio, card))


@pytest.mark.both_databases
async def test_a_draft_outlives_the_bot(settings: Settings) -> None:
    async with opened_server(settings, working=False, preview=True) as server:
        await begun(server)
        before = await draft(server)
    async with opened_server(settings, working=False, preview=True) as server:
        assert await server.atelier.drafts.service.draft(1, before.user_id) == before


@pytest.mark.both_databases
async def test_a_draft_is_its_members_own(studio: Server) -> None:
    card = await begun(studio)
    assert all(message.id != card.id for message in studio.channel.history(viewer=studio.bob))
    with pytest.raises(Exception, match="another member's"):
        await studio.atelier.drafts.service.draft(1, studio.bob.id)


@pytest.mark.both_databases
async def test_a_draft_is_thrown_away(studio: Server) -> None:
    card = await press(studio, await begun(studio), "Discard")
    assert "Nothing was painted" in card_text(card)
    with pytest.raises(Exception, match="gone"):
        await draft(studio)


@pytest.mark.both_databases
async def test_of_two_presses_one_hands_in(studio: Server) -> None:
    await begun(studio)
    drafts, before = studio.atelier.drafts.service, await draft(studio)

    async def show() -> Any:
        return replace(before.place, message_id=1)

    ended = await asyncio.gather(*(drafts.hand_in(before, show) for _ in range(2)), return_exceptions=True)
    assert sum(isinstance(each, Exception) for each in ended) == 1
    assert len(await studio.jobs()) == 1


async def test_the_look_ahead_is_turned_off(studio: Server) -> None:
    result = await studio.alice.slash(studio.channel, "settings")
    assert result.ephemeral
    card = seen(studio, result.response.message)
    await studio.alice.click(card, custom_id="settings:preview")
    assert card_buttons(seen(studio, card)) == ["Off", "Off", "Off", "On", "Off"]
    await studio.inpaint()
    assert [job.user_id for job in await studio.jobs()] == [studio.alice.id]
    await studio.inpaint(studio.bob)
    assert len(await studio.jobs()) == 1


async def test_tiny_and_whole_regions_are_explained(studio: Server) -> None:
    tiny = await begun(studio, mask=("mask.png", png(box(40, 30, 42, 32))))
    assert "very little" in card_text(tiny)
    whole = await begun(studio, mask=None, region="everything")
    assert "whole picture" in card_text(whole)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"mask": None, "region": "the moon"}, "I can't look for things yet"),
        ({"mask": ("mask.png", png(Image.new("L", (160, 120))))}, "The mask is empty"),
        ({"mask": ("mask.png", png(Image.new("L", (160, 120), 255)))}, "covers the whole picture"),
    ],
)
async def test_what_is_not_found_is_said_on_the_card_beside_the_other_ways(
    studio: Server, options: dict[str, Any], sentence: str
) -> None:
    card = await begun(studio, **options)
    assert sentence in card_text(card)
    assert "Nothing is chosen yet" in card_text(card)
    assert {"Pick cells", "Say it"} <= set(card_buttons(card))
    assert (await region(studio)).getbbox() is None
