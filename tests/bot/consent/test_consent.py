"""The maker of a picture decides whether others go on from it; asked wherever a job is handed in."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord import AppCommandOptionType, AppCommandType, app_commands

from bot.config import Settings
from bot.consent.models import Permit
from bot.consent.store import PermitStore
from bot.core.clock import now
from bot.core.errors import AskFirstError, NotAllowedError
from bot.core.safety_levels import Handling
from bot.database.engine import create_database
from bot.database.states import JobStatus
from bot.jobs.models import Job
from bot.jobs.result_views import GO_ON, result_rows
from bot.studio.picture_actions import FREE
from bot.ui.cards import WORKING, Upload, card, gallery
from tests.support.cards import card_buttons, card_text
from tests.support.challenges import hold, later
from tests.support.clock import Clock
from tests.support.images import ellipse, meadow, png
from tests.support.member_actions import kept, seen_by, taken_out, viewer
from tests.support.server import Server, in_one_task, opened_server, restarted

WORDS = {"prompt": "an owl", "words": "1.5", "strength": "0.5"}
NOBODY = "lets nobody go on from it"
ASKED = "has been asked; try again"

Way = Callable[[Server, Any, Job, Any], Awaitable[Any]]


class Result:
    """A finished job with a card of its own, under which everything can be pressed."""

    made = 0

    @classmethod
    async def of(cls, server: Server, member: Any = None, *, count: int = 1, **given: Any) -> tuple[Job, Any]:
        """Return a job whose picture is like no other one, and the message that shows it."""
        cls.made += 1
        data = png(meadow(64 + cls.made % 50, 48 + cls.made // 50))
        job = await kept(server, count, member=member, file=data, **given)
        creations = await server.creations(job)
        files = tuple(Upload(f"atelier-{each.id}.png", data, "A picture") for each in creations)
        shown = card(WORKING, gallery(files), *result_rows(job, creations), files=files)
        channel = server.atelier.client.get_partial_messageable(server.channel.id, guild_id=server.alice.guild.id)
        message = await channel.send(**shown.as_message())
        return job, next(each for each in server.messages() if each.id == message.id)


def going_on(action: str) -> Way:
    async def way(server: Server, member: Any, job: Job, message: Any) -> Any:
        [creation] = await server.creations(job)
        return await member.select(message, [action], custom_id=f"more:{creation.id}")

    return way


async def reroll(_server: Server, member: Any, _job: Job, message: Any) -> Any:
    return await member.click(message, label="Reroll")


def chosen_in_the_menu(name: str) -> Way:
    async def way(server: Server, member: Any, _job: Job, message: Any) -> Any:
        return await member.context_menu(server.channel, name, message)

    return way


def saved_and_given(command: str, option: str, **others: Any) -> Way:
    async def way(server: Server, member: Any, _job: Job, message: Any) -> Any:
        data = await message.attachments[0].read()
        return await member.slash(server.channel, command, **{option: ("saved.png", data)}, **others)

    return way


async def in_a_style(server: Server, member: Any, _job: Job, message: Any) -> Any:
    data = await message.attachments[0].read()
    await member.slash(server.channel, "style add", name="saved", picture=("saved.png", data))
    return await member.slash(server.channel, "imagine", prompt="an owl", style="saved")


async def begun_instead(server: Server, member: Any, _job: Job, message: Any) -> Any:
    own, shown = await Result.of(server, member)
    form = await going_on("remix")(server, member, own, shown)
    picture = ("saved.png", await message.attachments[0].read())
    return await member.submit_modal(form, {"prompt": "an owl", "strength": "0.5", "picture": picture})


OTHER = ("other.png", png(meadow(33, 33)))
MASK = {"region": "left", "prompt": "an owl"}
WAYS: dict[str, Way] = {
    **{f"creation: {action}": going_on(action) for action in GO_ON if action not in FREE},
    "reroll": reroll,
    **{f"menu: {name}": chosen_in_the_menu(name) for name in ("Repaint a region", "Remix")},
    "inpaint image": saved_and_given("inpaint", "image", **MASK),
    **{
        f"blend image{number}": saved_and_given(
            "blend",
            f"image{number}",
            **{f"image{other}": OTHER for other in (1, 2) if other != number},
            prompt="an owl",
        )
        for number in range(1, 6)
    },
    "style add picture": in_a_style,
    "remix picture": begun_instead,
}
# Files that become no part of a picture.
NO_SOURCES = {"inpaint mask", "challenge create mask", "describe image"}
# It makes no job, but lets others make them: see below.
ELSEWHERE = {"challenge create image"}


async def completed(server: Server, member: Any, answer: Any) -> Any:
    """Fill in the form that was answered, and hand in the draft, where there is one; return the last answer."""
    if answer.modal:
        names = [name for name in WORDS if f"'custom_id': '{name}'" in str(answer.modal)]
        region = {"words": "left"} if names == ["prompt", "words"] else {}
        answer = await member.submit_modal(answer, {name: WORDS[name] for name in names} | region)
    card_now = [
        each for each in server.channel.history(viewer=member) if answer.response and each.id == answer.response.id
    ]
    if card_now and "Say it" in card_buttons(card_now[0]):
        shown = await member.click(card_now[0], label="Say it")
        await member.submit_modal(shown, {"words": "left"})
        return await member.click(seen_by(server, member, answer), label="Go")
    return answer


def said(answer: Any) -> str:
    messages = [each for each in (answer.response, *answer.followups) if each is not None]
    return "\n".join(f"{each.content or ''}{card_text(each)}" for each in messages)


def pings(server: Server, member: Any) -> list[Any]:
    """Return the messages that pinged a member."""
    backend, channel = server.env.backend, server.channel
    found = channel.history(viewer=member)
    return [each for each in found if member.id in backend.get_message(channel.id, each.id).ping_user_ids]


async def made_by(server: Server, member: Any) -> list[Job]:
    """Return a member's unfinished jobs."""
    return await server.atelier.kernel.store.unfinished_jobs(member.id)


@pytest.fixture
async def room(settings: Settings, clock: Clock) -> Any:
    """A server with a clock in which nothing is painted, and whose members may have any number of jobs."""
    settings.jobs_a_member = 200
    async with in_one_task(opened_server(settings, working=False, clock=clock)) as running:
        yield running


def test_no_way_to_a_picture_is_forgotten(idle_server: Server) -> None:
    """Whatever takes a file, or stands in a message's menu, is walked through below."""
    found = set()
    for command in idle_server.atelier.client.tree.walk_commands():
        if isinstance(command, app_commands.Command):
            files = [each for each in command.parameters if each.type is AppCommandOptionType.attachment]
            found |= {f"{command.qualified_name} {each.name}" for each in files}
    assert found - set(WAYS) == NO_SOURCES | ELSEWHERE
    menus = {each.name for each in idle_server.atelier.client.tree.get_commands(type=AppCommandType.message)}
    assert menus - {"Details", "Report"} == {name.removeprefix("menu: ") for name in WAYS if name.startswith("menu: ")}


@pytest.mark.parametrize("preview", [False, True])
async def test_where_a_maker_lets_nobody_go_on_nothing_is_handed_in(room: Server, preview: bool) -> None:
    await room.atelier.kernel.settings.prefer(room.alice.id, no_remix=True)
    await room.atelier.kernel.settings.prefer(room.bob.id, preview=preview)
    for name, way in WAYS.items():
        answer = await completed(room, room.bob, await way(room, room.bob, *await Result.of(room)))
        assert NOBODY in said(answer), name
        assert await made_by(room, room.bob) == [], name
    assert pings(room, room.alice) == []


@pytest.mark.parametrize("preview", [False, True])
async def test_where_a_maker_wants_to_be_asked_they_are_asked_once(room: Server, preview: bool) -> None:
    await room.atelier.kernel.settings.prefer(room.alice.id, ask_first=True)
    await room.atelier.kernel.settings.prefer(room.bob.id, preview=preview)
    for name, way in WAYS.items():
        before, made = {each.id for each in pings(room, room.alice)}, len(await made_by(room, room.bob))
        job, message = await Result.of(room)
        await completed(room, room.bob, await way(room, room.bob, job, message))
        [request] = [each for each in pings(room, room.alice) if each.id not in before]
        for _ in range(2):
            answer = await completed(room, room.bob, await way(room, room.bob, job, message))
            assert ASKED in said(answer), name
            assert str(request.id) in said(answer), name
            assert {each.id for each in pings(room, room.alice)} == before | {request.id}, name
        assert len(await made_by(room, room.bob)) == made, name
        await room.alice.click(request, label="Allow")
        await completed(room, room.bob, await way(room, room.bob, job, message))
        assert len(await made_by(room, room.bob)) == made + 1, name
        # The answered request pings nobody any more, and there is no other one.
        assert {each.id for each in pings(room, room.alice)} == before, name


async def test_ones_own_pictures_need_no_consent(room: Server) -> None:
    await room.atelier.kernel.settings.prefer(room.alice.id, no_remix=True, ask_first=True)
    for name, way in WAYS.items():
        made = len(await made_by(room, room.alice))
        await completed(room, room.alice, await way(room, room.alice, *await Result.of(room)))
        assert len(await made_by(room, room.alice)) == made + 1, name


async def asked_by(server: Server, member: Any, ask_first: bool = True) -> None:
    await server.atelier.kernel.settings.prefer(member.id, ask_first=ask_first)


async def strong(server: Server, job: Job, message: Any, member: Any = None) -> Any:
    return await going_on("strong")(server, member or server.bob, job, message)


@pytest.mark.parametrize("wish", ["no_remix", "ask_first"])
@pytest.mark.parametrize("action", ["remix", "custom", "style", "region"])
async def test_what_was_begun_before_is_refused_when_it_is_sent(room: Server, wish: str, action: str) -> None:
    """A form or a draft may be open for long, and its maker's mind changes meanwhile."""
    job, message = await Result.of(room)
    begun = await going_on(action)(room, room.bob, job, message)
    if not begun.modal:
        shown = await room.bob.click(seen_by(room, room.bob, begun), label="Say it")
        await room.bob.submit_modal(shown, {"words": "left"})
    await room.atelier.kernel.settings.prefer(room.alice.id, **{wish: True})
    draft = None if begun.modal else begun

    async def sent(form: Any) -> Any:
        if draft:
            return await room.bob.click(seen_by(room, room.bob, draft), label="Go")
        return await completed(room, room.bob, form)

    answer = await sent(begun)
    assert await made_by(room, room.bob) == []
    if wish == "no_remix":
        assert NOBODY in said(answer)
        await room.atelier.kernel.settings.prefer(room.alice.id, no_remix=False)
    else:
        [request] = pings(room, room.alice)
        assert f"<@{room.bob.id}> would like to go on" in card_text(request)
        await room.alice.click(request, label="Allow")
    await sent(draft or await going_on(action)(room, room.bob, job, message))
    assert len(await made_by(room, room.bob)) == 1


async def test_a_request_outlives_the_bot(room: Server, settings: Settings, clock: Clock) -> None:
    await asked_by(room, room.alice)
    job, message = await Result.of(room)
    await strong(room, job, message)
    async with restarted(room, settings, clock) as again:
        assert ASKED in said(await strong(again, job, message))
        [request] = pings(again, again.alice)
        await again.alice.click(request, label="Allow")
        await strong(again, job, message)
        assert len(await again.atelier.kernel.store.jobs(*JobStatus)) == 2


@pytest.mark.both_databases
async def test_of_presses_at_once_one_asks(room: Server, settings: Settings) -> None:
    [creation] = await room.creations((await Result.of(room))[0])
    database = create_database(settings.database)
    permits, moment = PermitStore(database), now()
    for later_on in (timedelta(), Permit.OPEN_FOR):
        claims = [permits.claim(creation.id, room.bob.id, moment + later_on) for _ in range(6)]
        assert sorted(await asyncio.gather(*claims)) == [False] * 5 + [True]
        await permits.posted(creation.id, room.bob.id, 1, 2)
    await permits.answer(creation.id, room.bob.id, moment, is_allowed=True)
    assert not await permits.claim(creation.id, room.bob.id, moment + 2 * Permit.OPEN_FOR)
    await database.dispose()


async def test_a_request_that_could_not_be_posted_is_made_by_the_next_press(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asked_by(room, room.alice)
    job, message = await Result.of(room)

    async def refused(*_: Any, **__: Any) -> None:
        raise discord.HTTPException(SimpleNamespace(status=500, reason="away"), "away")  # pyright: ignore[reportArgumentType]

    with monkeypatch.context() as patched:
        patched.setattr(discord.InteractionResponse, "send_message", refused)
        await strong(room, job, message)
    assert pings(room, room.alice) == []
    await strong(room, job, message)
    assert len(pings(room, room.alice)) == 1


async def test_a_no_holds_for_a_day(room: Server, clock: Clock) -> None:
    await asked_by(room, room.alice)
    job, message = await Result.of(room)
    await strong(room, job, message)
    denied = await room.bob.click(pings(room, room.alice)[0], label="Allow")
    assert "Only the member who made this" in denied.response.content
    await room.alice.click(pings(room, room.alice)[0], label="Refuse")
    for hours in (0, 23):
        clock.ahead += timedelta(hours=hours)
        assert "has said no; you can ask again <t:" in said(await strong(room, job, message))
        assert pings(room, room.alice) == []
    clock.ahead += timedelta(hours=2)
    await strong(room, job, message)
    assert len(pings(room, room.alice)) == 1
    assert await made_by(room, room.bob) == []


async def test_an_unanswered_request_is_made_again_after_a_week(room: Server, clock: Clock) -> None:
    await asked_by(room, room.alice)
    job, message = await Result.of(room)
    for days, count in ((0, 1), (6, 1), (2, 2)):
        clock.ahead += timedelta(days=days)
        await strong(room, job, message)
        assert len(pings(room, room.alice)) == count


async def test_a_permit_is_one_members_and_one_pictures(room: Server) -> None:
    await asked_by(room, room.alice)
    (job, message), (other, shown) = await Result.of(room), await Result.of(room)
    await strong(room, job, message)
    await room.alice.click(pings(room, room.alice)[0], label="Allow")
    await strong(room, job, message, room.moderator)
    await strong(room, other, shown)
    assert len(pings(room, room.alice)) == 2
    assert await made_by(room, room.bob) == await made_by(room, room.moderator) == []


async def test_of_a_job_of_several_pictures_one_permit_lets_reroll_it(room: Server) -> None:
    await asked_by(room, room.alice)
    _, message = await Result.of(room, count=4)
    for _ in range(2):
        await room.bob.click(message, label="Reroll")
    [request] = pings(room, room.alice)
    await room.alice.click(request, label="Allow")
    await room.bob.click(message, label="Reroll")
    assert len(await made_by(room, room.bob)) == 1


async def test_a_no_to_one_picture_outweighs_a_yes_to_another(room: Server, settings: Settings, clock: Clock) -> None:
    database = create_database(settings.database)
    permits, consent = PermitStore(database), room.atelier.kernel.jobs._consent  # pyright: ignore[reportPrivateUsage]
    await asked_by(room, room.alice)
    one, two = pair = await room.creations((await Result.of(room, count=2))[0])
    await permits.answer(one.id, room.bob.id, clock(), is_allowed=True)
    await consent.check(room.bob.id, pair)
    await permits.answer(two.id, room.bob.id, clock(), is_allowed=False)
    for pictures in (pair, [two], pair[::-1]):
        with pytest.raises(NotAllowedError, match=f"picture {two.id} has said no"):
            await consent.check(room.bob.id, pictures)
    clock.ahead += Permit.REFUSED_FOR
    with pytest.raises(AskFirstError) as asked:
        await consent.check(room.bob.id, pair)
    assert list(asked.value.creation_ids) == [two.id]
    await database.dispose()


async def test_a_blend_needs_the_leave_of_all_makers(room: Server) -> None:
    await asked_by(room, room.alice)
    await asked_by(room, room.moderator)
    files = [await (await Result.of(room, member))[1].attachments[0].read() for member in (room.alice, room.moderator)]
    pictures = {f"image{number}": (f"{number}.png", file) for number, file in enumerate(files, 1)}

    async def blend() -> Any:
        return await room.bob.slash(room.channel, "blend", prompt="an owl", **pictures)

    await blend()
    [hers], [theirs] = pings(room, room.alice), pings(room, room.moderator)
    await room.alice.click(hers, label="Allow")
    assert str(theirs.id) in said(await blend())
    assert await made_by(room, room.bob) == []
    await room.moderator.click(theirs, label="Allow")
    await blend()
    [job] = await made_by(room, room.bob)
    await room.atelier.kernel.settings.prefer(room.moderator.id, no_remix=True)
    assert NOBODY in said(await blend())
    assert await made_by(room, room.bob) == [job]


async def test_somebody_elses_upload_comes_back_to_nobody(room: Server) -> None:
    """Of a repainted picture, a reroll gives back all but the region, as it was uploaded."""
    keys: dict[str, Any] = {
        "image_key": await room.atelier.kernel.files.put(png(meadow(70, 41))),
        "mask_key": await room.atelier.kernel.files.put(png(ellipse())),
    }
    job, message = await Result.of(room, **keys)
    await room.bob.click(message, label="Reroll")
    [own] = await made_by(room, room.bob)
    assert own.image_key == keys["image_key"]
    again, shown = await Result.of(room, room.bob, **keys, reroll_of=job.id)
    await room.atelier.kernel.settings.prefer(room.alice.id, no_remix=True)
    for member in (room.bob, room.moderator):
        for press in (message, shown):
            assert NOBODY in said(await member.click(press, label="Reroll"))
        # What is around the region is still hers.
        assert NOBODY in said(await going_on("left")(room, member, again, shown))
    await room.atelier.kernel.settings.prefer(room.alice.id, no_remix=False)
    [hers] = await room.creations(job)
    await taken_out(room, hers.id)
    assert "No picture of that job is left" in said(await room.moderator.click(message, label="Reroll"))
    assert "no longer in the gallery" in said(await room.moderator.click(shown, label="Reroll"))
    assert [each.id for each in await made_by(room, room.bob)] == [own.id]
    assert await made_by(room, room.moderator) == []


async def test_a_remix_is_rerolled_only_with_the_leave_of_its_parents_maker(room: Server) -> None:
    parent, _ = await Result.of(room)
    [hers] = await room.creations(parent)
    _, message = await Result.of(room, room.bob, image_key=hers.file_key, parent_id=hers.id)
    await room.atelier.kernel.settings.prefer(room.alice.id, no_remix=True)
    for member in (room.bob, room.moderator):
        assert NOBODY in said(await member.click(message, label="Reroll"))
        assert await made_by(room, member) == []


async def test_an_open_relay_goes_on_without_being_asked(room: Server, clock: Clock) -> None:
    announcement = await hold(room, kind="relay")
    await asked_by(room, room.alice)
    await room.atelier.kernel.settings.prefer(room.moderator.id, no_remix=True)
    theirs, _ = await Result.of(room, room.moderator)
    job, message = await Result.of(room)
    [refused], [first] = await room.creations(theirs), await room.creations(job)
    answer = await room.moderator.slash(room.channel, "challenge enter", challenge=1, picture=refused.id)
    assert "you let nobody do that" in said(answer)
    answer = await room.alice.slash(room.channel, "challenge enter", challenge=1, picture=first.id)
    assert "without asking you" in said(answer)
    await completed(room, room.bob, await room.bob.click(announcement, label="Paint an entry"))
    assert len(await made_by(room, room.bob)) == 1
    # Of a wider entry, the first one is still a part.
    wider, _ = await Result.of(room, room.bob, parent_id=first.id, margins=(0, 9, 0, 0))
    [second] = await room.creations(wider)
    await room.bob.slash(room.channel, "challenge enter", challenge=1, picture=second.id)
    await completed(room, room.moderator, await room.moderator.click(announcement, label="Paint an entry"))
    assert len(await made_by(room, room.moderator)) == 1
    assert pings(room, room.alice) == []
    await room.atelier.kernel.settings.prefer(room.alice.id, no_remix=True)
    assert NOBODY in said(await room.moderator.click(announcement, label="Paint an entry"))
    await room.atelier.kernel.settings.prefer(room.alice.id, no_remix=False)
    await later(room, clock, hours=48)
    await strong(room, job, message)
    assert len(pings(room, room.alice)) == 1
    assert len(await made_by(room, room.bob)) == 1


async def test_a_relay_gives_its_last_entry_and_what_is_left_of_others_in_it(room: Server) -> None:
    await hold(room, kind="relay")
    first, second, third = [await room.creations((await Result.of(room))[0]) for _ in range(3)]
    wider, _ = await Result.of(room, room.bob, parent_id=third[0].id, margins=(0, 9, 0, 0))
    desk, consent = room.atelier.challenges.service, room.atelier.kernel.jobs._consent  # pyright: ignore[reportPrivateUsage]
    entries = [*first, *second, *third, *await room.creations(wider)]
    [challenge] = await desk.newest(room.alice.guild.id, viewer(room))
    for entry in entries:
        await desk._challenges.enter(challenge.id, entry.id, entry.user_id)  # pyright: ignore[reportPrivateUsage]
    await asked_by(room, room.alice)
    await asked_by(room, room.bob)
    # The third is a part of the last one, the others are none.
    await consent.check(room.moderator.id, entries[2:])
    for earlier in entries[:2]:
        with pytest.raises(AskFirstError) as asked:
            await consent.check(room.moderator.id, [earlier, *entries[2:]])
        assert asked.value.creation_ids == (earlier.id,)


async def test_a_canvas_is_given_by_its_maker_alone(room: Server) -> None:
    _, message = await Result.of(room)
    given = {"kind": "canvas", "region": "left", "image": ("saved.png", await message.attachments[0].read())}
    await room.atelier.kernel.settings.prefer(room.alice.id, no_remix=True)
    answer = await room.moderator.slash(room.channel, "challenge create", title="Autumn", theme="Everything", **given)
    assert NOBODY in said(answer)
    assert await room.atelier.challenges.service.newest(room.alice.guild.id, viewer(room)) == []
    await room.atelier.kernel.settings.prefer(room.alice.id, no_remix=False)
    announcement = await hold(room, **given)
    await painted_on(room, announcement)
    assert len(await made_by(room, room.bob)) == 1
    await asked_by(room, room.alice)
    await painted_on(room, announcement)
    assert len(pings(room, room.alice)) == 1
    assert ASKED in said(await painted_on(room, announcement))
    await room.atelier.kernel.settings.prefer(room.alice.id, no_remix=True)
    assert NOBODY in said(await painted_on(room, announcement))
    assert len(await made_by(room, room.bob)) == 1


async def painted_on(server: Server, announcement: Any) -> Any:
    """Paint an entry on a canvas as Bob; return the answer."""
    return await completed(server, server.bob, await server.bob.click(announcement, label="Paint an entry"))


async def test_a_hosts_own_picture_and_upload_are_given_for_everybody(room: Server) -> None:
    _, message = await Result.of(room, room.moderator)
    await asked_by(room, room.moderator)
    for number, data in enumerate((await message.attachments[0].read(), png(meadow(44, 33))), 1):
        announcement = await hold(room, kind="canvas", region="left", image=("given.png", data))
        await painted_on(room, announcement)
        assert len(await made_by(room, room.bob)) == number
    assert pings(room, room.moderator) == []


@pytest.mark.parametrize("name", ["Repaint a region", "Remix"])
async def test_a_picture_of_the_bot_that_is_no_single_one_is_not_taken(room: Server, name: str) -> None:
    """The pictures of a ballot have no number, so that nobody knows whose they are."""
    file = Upload("1.webp", png(meadow()), "Entry 1")
    channel = room.atelier.client.get_partial_messageable(room.channel.id, guild_id=room.alice.guild.id)
    sheet = await channel.send(**card(WORKING, gallery([file]), files=(file,)).as_message())
    message = next(each for each in room.messages() if each.id == sheet.id)
    answer = await room.bob.context_menu(room.channel, name, message)
    assert "no single picture of the gallery" in said(answer)


async def test_a_thumbnail_of_the_gallery_is_the_picture(room: Server) -> None:
    job, _ = await Result.of(room)
    [creation] = await room.creations(job)
    await room.atelier.kernel.settings.prefer(room.alice.id, no_remix=True)
    answer = await room.bob.slash(room.channel, "gallery browse")
    shown = seen_by(room, room.bob, answer)
    assert [each.filename for each in shown.attachments] == [f"picture-{creation.id}.webp"]
    for name in ("Repaint a region", "Remix"):
        assert NOBODY in said(await room.bob.context_menu(room.channel, name, shown))


async def test_the_file_of_a_held_picture_is_not_taken(room: Server) -> None:
    data = png(meadow(71, 52))
    held = await kept(room, file=data, handling=Handling.HOLD)
    [creation] = await room.atelier.kernel.creations.held_of(held.id)
    takes_files = [name for name in WAYS if name.startswith(("inpaint ", "blend "))]
    assert len(takes_files) == 6
    message = SimpleNamespace(attachments=[SimpleNamespace(read=_returning(data))])
    for member in (room.bob, room.alice):
        for name in takes_files:
            answer = await completed(room, member, await WAYS[name](room, member, held, message))
            assert "no longer in this server's gallery" in said(answer), name
        answer = await member.slash(room.channel, "style add", name="saved", picture=("saved.png", data))
        assert "no longer in this server's gallery" in said(answer)
    canvas = {"kind": "canvas", "region": "left", "image": ("saved.png", data), "title": "T", "theme": "T"}
    assert "no longer in" in said(await room.moderator.slash(room.channel, "challenge create", **canvas))
    assert await made_by(room, room.bob) == await made_by(room, room.alice) == []
    await room.atelier.kernel.creations.release(creation.id)
    await completed(room, room.bob, await WAYS["blend image1"](room, room.bob, held, message))
    assert len(await made_by(room, room.bob)) == 1


def _returning(data: bytes) -> Callable[[], Awaitable[bytes]]:
    async def read() -> bytes:
        return data

    return read


async def test_a_removed_picture_lends_its_style_no_more(room: Server) -> None:
    job, message = await Result.of(room)
    [creation] = await room.creations(job)
    await in_a_style(room, room.bob, job, message)
    [painted] = await made_by(room, room.bob)
    await room.atelier.kernel.store.cancel_job(painted, painted.status)
    assert room.atelier.kernel.files.path(painted.style_key).exists()
    await taken_out(room, creation.id)
    assert not room.atelier.kernel.files.path(painted.style_key).exists()
    answer = await room.bob.slash(room.channel, "imagine", prompt="an owl", style="saved")
    assert "no longer in the gallery" in said(answer)
    assert await made_by(room, room.bob) == []
