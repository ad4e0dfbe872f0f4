"""Pictures from words, and going on from a picture."""

from typing import Any

import pytest
from PIL import ImageChops

from bot.config import Settings
from bot.core.errors import UserError
from bot.database.states import JobStatus
from bot.prompting.flags import PromptFlags, read_aspect, read_flags, size_of
from tests.support.cards import card_buttons, card_text
from tests.support.images import NATIVE, meadow, opened, png
from tests.support.member_actions import imagined, newest, pick, seen_by
from tests.support.server import Server, opened_server


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("a fox", PromptFlags("a fox")),
        ("a fox --ar 3:2", PromptFlags("a fox", aspect=1.5)),
        ("a fox --no people --seed 5", PromptFlags("a fox", "people", seed=5)),
        ("a fox  in snow --no people, cars --no fog", PromptFlags("a fox in snow", "people, cars, fog")),
        ("a fox —ar 1x2 --q 2", PromptFlags("a fox", aspect=0.5, num_inference_steps=50)),
        ("a well-known fox - really", PromptFlags("a well-known fox - really")),
        ("a cat::2 a castle::1 --seed 0", PromptFlags("a cat::2 a castle::1", seed=0)),
        ("a leaf --tile --chaos 30", PromptFlags("a leaf", chaos=0.3, tile=True)),
        ("a leaf --s 100 --c 0", PromptFlags("a leaf", chaos=0.0, guidance_scale=5.0)),
        ("a leaf --stylize 1000", PromptFlags("a leaf", guidance_scale=2.0)),
    ],
)
def test_flags_are_read_as_midjourneys_members_write_them(text: str, asked: PromptFlags) -> None:
    assert read_flags(text) == asked


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a fox --wild 5", "I don't know `--wild`"),
        ("a fox --ar wide", "An aspect is two numbers"),
        ("a fox --ar 9:1", "no wider than 3:1"),
        ("a fox --ar 1:0", "An aspect is two numbers"),
        ("a fox --seed -1", "whole number"),
        ("a fox --q 3", "takes 0.25"),
        ("a fox --chaos 101", "from 0 to 100"),
        ("--tile a fox", "stands alone"),
        ("a fox --stylize much", "from 0 to 1000"),
    ],
)
def test_a_flag_that_says_nothing_of_use_is_explained(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read_flags(text)


@pytest.mark.parametrize("aspect", ["3:2", "1:1", "9:16"])
def test_an_aspect_keeps_the_area(aspect: str) -> None:
    width, height = size_of(read_aspect(aspect), 128)
    assert width / height == pytest.approx(read_aspect(aspect), rel=0.02)
    assert width * height == pytest.approx(128 * 128, rel=0.02)


async def test_pictures_from_words(settings: Settings) -> None:
    async with opened_server(settings) as server:
        # The first asks for nothing that needs the model's size, so that it may come before the model is ready.
        job = await imagined(server, prompt="a fox in the snow --no fog --seed 7")
        assert job.status is JobStatus.SUCCEEDED
        creations = await server.creations(job)
        assert [each.seed for each in creations] == [7, 8, 9, 10]
        assert {(each.width, each.height) for each in creations} == {(NATIVE, NATIVE)}
        assert len({each.file_key for each in creations}) == 4
        assert "without: fog" in server.text(job)
        assert card_buttons(server.card(job)) == ["U1", "U2", "U3", "U4", "V1", "V2", "V3", "V4", "Reroll"]

        wide = await imagined(server, aspect="2:1", count=1)
        [creation] = await server.creations(wide)
        assert creation.width == pytest.approx(2 * creation.height, rel=0.15)


async def test_a_picture_is_varied_rerolled_and_widened(settings: Settings) -> None:
    async with opened_server(settings) as server:
        job = await imagined(server, count=2, seed=3)
        first, second = await server.creations(job)

        await server.bob.click(server.card(job), label="V2")
        varied = await newest(server, {job.id})
        assert (varied.user_id, varied.parent_id) == (server.bob.id, second.id)
        variations = await server.creations(varied)
        assert len(variations) == 4
        parent = opened(server.atelier.kernel.files.path(second.file_key).read_bytes())
        for each in variations:
            picture = opened(server.atelier.kernel.files.path(each.file_key).read_bytes())
            assert picture.size == parent.size
            assert ImageChops.difference(picture, parent).getbbox() is not None

        await server.alice.click(server.card(job), label="Reroll")
        again = await newest(server, {job.id, varied.id})
        assert again.parameters.prompt == job.parameters.prompt
        assert again.parameters.seed != job.parameters.seed
        assert again.parent_id is None
        assert {each.file_key for each in await server.creations(again)}.isdisjoint({first.file_key, second.file_key})


@pytest.mark.parametrize(
    ("action", "size", "place"),
    [
        ("zoom", (240, 180), (40, 30)),
        ("left", (240, 120), (80, 0)),
        ("double", (320, 240), (80, 60)),
        ("down", (160, 180), (0, 0)),
        ("square", (160, 160), (0, 20)),
    ],
)
async def test_more_of_what_lies_around_keeps_the_picture(
    settings: Settings, action: str, size: tuple[int, int], place: tuple[int, int]
) -> None:
    async with opened_server(settings) as server:
        await server.inpaint()
        job = await server.shown(await server.job())
        [creation] = await server.creations(job)
        await server.alice.select(server.card(job), [action], custom_id=f"more:{creation.id}")
        wider = await newest(server, {job.id})
        assert wider.status is JobStatus.SUCCEEDED
        [made] = await server.creations(wider)
        picture = opened(server.atelier.kernel.files.path(made.file_key).read_bytes())
        assert picture.size == size
        before = opened(server.atelier.kernel.files.path(creation.file_key).read_bytes())
        # All but the seam, which is repainted too.
        inner = (20, 20, 140, 100)
        moved = (20 + place[0], 20 + place[1], 140 + place[0], 100 + place[1])
        assert ImageChops.difference(picture.crop(moved), before.crop(inner)).getbbox() is None
        assert wider.parent_id == creation.id


async def test_buttons_outlive_the_bot_and_the_gallery_is_its_guilds(settings: Settings) -> None:
    async with opened_server(settings) as server:
        await server.inpaint()
        job = await server.shown(await server.job())
        [creation] = await server.creations(job)
    async with opened_server(settings, working=False) as server:
        desk = server.atelier.studio.service
        place = job.place
        again = await desk.go_on(server.bob.id, place, creation.id, "subtle")
        assert again.parent_id == creation.id
        with pytest.raises(UserError, match="no longer in this server's gallery"):
            await desk.go_on(server.bob.id, type(place)(99, 1, 1, "token"), creation.id, "subtle")


async def test_a_square_picture_is_square_already(settings: Settings) -> None:
    async with opened_server(settings) as server:
        await server.inpaint(image=("square.png", png(meadow(NATIVE, NATIVE))), mask=None, region="left")
        job = await server.shown(await server.job())
        [creation] = await server.creations(job)
        answer = await server.alice.select(server.card(job), ["square"], custom_id=f"more:{creation.id}")
        assert "square already" in str([each.content for each in answer.followups])
        assert "a dog" in card_text(server.card(job))


async def test_one_picture_is_enlarged_or_looked_at_alone(settings: Settings) -> None:
    async with opened_server(settings) as server:
        job = await imagined(server, count=2)
        first, second = await server.creations(job)
        await server.bob.click(server.card(job), label="U1")
        larger = await newest(server, {job.id})
        [creation] = await server.creations(larger)
        assert (creation.width, creation.height) == (2 * first.width, 2 * first.height)
        assert larger.parent_id == first.id

        answer = await server.bob.select(server.card(job), [str(second.id)], custom_id=f"one:{job.id}")
        alone = seen_by(server, server.bob, answer)
        [picture] = alone.attachments
        kept = server.atelier.kernel.files.path(second.file_key).read_bytes()
        assert await picture.read() == kept
        await server.bob.select(alone, ["strong"], custom_id=f"more:{second.id}")
        varied = await newest(server, {job.id, larger.id})
        assert varied.parent_id == second.id
        public = server.channel.history(viewer=server.alice)
        assert varied.place.message_id in [message.id for message in public]
        assert alone.id not in [message.id for message in public]


async def test_a_picture_is_remixed_and_its_family_told(settings: Settings) -> None:
    async with opened_server(settings) as server:
        job = await imagined(server, count=1)
        [parent] = await server.creations(job)
        shown = await pick(server, server.bob, job, "remix")
        assert "a fox in the snow" in str(shown.modal)
        await server.bob.submit_modal(shown, {"prompt": "an owl", "negative_prompt": "fog", "strength": "0.6"})
        remix = await newest(server, {job.id})
        assert (remix.parameters.prompt, remix.parameters.strength) == ("an owl", 0.6)
        assert remix.parent_id == parent.id
        told = await pick(server, server.bob, remix, "details")
        assert f"made from picture {parent.id} by <@{server.alice.id}>" in card_text(seen_by(server, server.bob, told))
        told = await pick(server, server.bob, job, "details")
        assert "1 picture was made from it" in card_text(seen_by(server, server.bob, told))


async def test_a_picture_is_zoomed_out_by_any_number(settings: Settings) -> None:
    async with opened_server(settings) as server:
        job = await imagined(server, count=1)
        shown = await pick(server, server.bob, job, "custom")
        for wrong, sentence in (("far", "is no number"), ("9", "by more than 1 and up to 3")):
            refused = await server.bob.submit_modal(shown, {"words": wrong})
            assert sentence in str([refused.response, *(each.content for each in refused.followups)])
            shown = await pick(server, server.bob, job, "custom")
        await server.bob.submit_modal(shown, {"words": "1,25"})
        [creation] = await server.creations(await newest(server, {job.id}))
        assert (creation.width, creation.height) == (320, 320)


async def test_a_picture_lends_its_style_where_the_model_can_take_it(settings: Settings) -> None:
    async with opened_server(settings) as server:
        job = await imagined(server, count=1)
        [creation] = await server.creations(job)
        shown = await pick(server, server.bob, job, "style")
        await server.bob.submit_modal(shown, {"words": "a boat"})
        styled = await newest(server, {job.id})
        assert (styled.style_key, styled.parent_id) == (creation.file_key, creation.id)
        # The starter has no adapter, and says so.
        assert styled.status is JobStatus.FAILED
        assert "can't take its style from a picture" in server.text(styled)


async def test_a_remix_begins_from_another_picture_in_a_style(settings: Settings) -> None:
    async with opened_server(settings) as server:
        await server.bob.slash(server.channel, "style add", name="dusk", words="at sunset")
        job = await imagined(server, count=1)
        shown = await pick(server, server.bob, job, "remix")
        words = {
            "prompt": "an owl",
            "strength": "0.8",
            "style": "dusk",
            "picture": ("meadow.png", png(meadow(96, 160))),
        }
        await server.bob.submit_modal(shown, words)
        remix = await newest(server, {job.id})
        assert remix.parameters.prompt == "an owl, at sunset"
        [creation] = await server.creations(remix)
        assert creation.width < creation.height


async def test_a_region_of_a_picture_is_varied(settings: Settings) -> None:
    async with opened_server(settings) as server:
        job = await imagined(server, count=1)
        [parent] = await server.creations(job)
        answer = await pick(server, server.bob, job, "region")
        assert "Nothing is chosen yet" in card_text(seen_by(server, server.bob, answer))
        shown = await server.bob.click(seen_by(server, server.bob, answer), label="Say it")
        await server.bob.submit_modal(shown, {"words": "left"})
        await server.bob.click(seen_by(server, server.bob, answer), label="Go")
        varied = await newest(server, {job.id})
        assert varied.parent_id == parent.id
        [creation] = await server.creations(varied)
        pictures = [opened(server.atelier.kernel.files.path(each.file_key).read_bytes()) for each in (parent, creation)]
        changed = ImageChops.difference(*pictures).getbbox()
        assert changed is not None
        assert changed[2] <= NATIVE // 2


async def test_a_picture_is_deleted_by_its_maker_or_a_moderator_alone(settings: Settings) -> None:
    async with opened_server(settings) as server:
        job = await imagined(server, count=2)
        first, second = await server.creations(job)

        async def choose_removal(member: Any, creation_id: int) -> Any:
            answer = await member.select(server.card(job), [str(creation_id)], custom_id=f"one:{job.id}")
            alone = seen_by(server, member, answer)
            return await member.select(alone, ["remove"], custom_id=f"more:{creation_id}")

        denied = await choose_removal(server.bob, first.id)
        assert "Only the member who made this" in denied.response.content
        asked = await choose_removal(server.alice, first.id)
        assert len(await server.creations(job)) == 2
        await server.alice.click(seen_by(server, server.alice, asked), label="Delete it")
        assert [each.id for each in await server.creations(job)] == [second.id]
        assert len(server.card(job).attachments) == 1

        asked = await pick(server, server.moderator, job, "remove")
        await server.moderator.click(seen_by(server, server.moderator, asked), label="Delete it")
        assert await server.creations(job) == []
        assert server.card(job).attachments == []
        assert "Removed from the gallery" in server.text(job)


async def test_a_favourite_is_kept_and_let_go(server: Server) -> None:
    job = await imagined(server, count=1)
    assert "One of your favourites now" in (await pick(server, server.bob, job, "favourite")).response.content
    assert "No longer" in (await pick(server, server.bob, job, "favourite")).response.content


async def test_a_picture_is_sent_home(server: Server) -> None:
    job = await imagined(server, count=1)
    [creation] = await server.creations(job)
    answer = await pick(server, server.bob, job, "send")
    assert "Sent to you" in seen_by(server, server.bob, answer).content
    [message] = server.bob.user.dm_channel.history()
    assert await message.attachments[0].read() == server.atelier.kernel.files.path(creation.file_key).read_bytes()


async def test_a_picture_is_shown_again_in_its_own_server_only(server: Server) -> None:
    job = await imagined(server, count=1)
    [creation] = await server.creations(job)
    answer = await server.bob.slash(server.channel, "show", number=creation.id)
    shown = seen_by(server, server.alice, answer)
    assert len(shown.attachments) == 1
    assert f"more:{creation.id}" in str([item.to_dict() for item in shown.components])
    missing = await server.bob.slash(server.channel, "show", number=creation.id + 1)
    assert "no longer in this server's gallery" in missing.response.content


@pytest.mark.both_databases
async def test_the_line_shows_ones_own_jobs_and_lets_them_go(idle_server: Server) -> None:
    empty = await idle_server.alice.slash(idle_server.channel, "queue")
    assert "You have no job in it" in card_text(seen_by(idle_server, idle_server.alice, empty))
    for member in (idle_server.bob, idle_server.alice, idle_server.alice):
        await member.slash(idle_server.channel, "imagine", prompt=f"a fox for {member.name}")
    answer = await idle_server.alice.slash(idle_server.channel, "queue")
    card = seen_by(idle_server, idle_server.alice, answer)
    text = card_text(card)
    assert "3 waiting" in text
    assert "place 2" in text
    assert "place 3" in text
    assert "a fox for bob" not in text
    await idle_server.alice.click(card, label="Cancel all of mine")
    left = {job.user_id for job in await idle_server.jobs() if job.status is JobStatus.QUEUED}
    assert left == {idle_server.bob.id}
    assert "You have no job in it" in card_text(seen_by(idle_server, idle_server.alice, answer))


async def test_a_member_has_so_many_jobs_at_once_and_no_more(settings: Settings) -> None:
    settings.jobs_a_member = 2
    async with opened_server(settings, working=False, preview=True) as server:
        begun = await server.inpaint()
        for _ in range(2):
            await server.alice.slash(server.channel, "imagine", prompt="a fox")
        answer = await server.alice.slash(server.channel, "imagine", prompt="one fox more")
        assert "You have 2 jobs in line already" in answer.followups[0].content
        pressed = await server.alice.click(begun.response.message, label="Go")
        assert "You have 2 jobs in line already" in pressed.followups[0].content
        assert (await server.atelier.drafts.service.draft(1, server.alice.id)).user_id == server.alice.id
        await server.bob.slash(server.channel, "imagine", prompt="a fox")
        assert len(await server.jobs()) == 3


async def test_the_longest_texts_fit_into_discords_limits(server: Server) -> None:
    job = await imagined(server, prompt="*" * 1000, negative_prompt="_" * 1000)
    assert job.status is JobStatus.SUCCEEDED
    text = server.text(job)
    assert 2000 < len(text) <= 4000
    assert text.count("…") == 2
