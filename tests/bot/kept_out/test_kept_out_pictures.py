"""A removed picture that moderators keep out doesn't come back: not as a source, and not as a result."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import engine
from bot.core.clock import now
from bot.creations.models import Creation
from bot.database.states import JobStatus
from bot.imaging.phash import FLAT, fingerprint
from bot.kept_out.models import KeptOut
from bot.kept_out.views import kept_out_card
from tests.support.cards import card_buttons, card_text, said
from tests.support.images import encoded, meadow, opened, png
from tests.support.member_actions import imagined, kept, pick, seen_by
from tests.support.server import Server

SCENES = Path(engine.__file__).parent / "regions" / "samples" / "scenes"
REFUSED = "This server's moderators keep that picture out"


def scene(number: int = 0) -> Image.Image:
    """Return a picture in which there is something to be seen."""
    return opened((SCENES / f"{number:02}.png").read_bytes()).convert("RGB")


def smaller(image: Image.Image) -> bytes:
    return encoded(image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS), "JPEG", quality=80)


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "its pixels in another file": lambda image: png(image, compress_level=1),
    "half as large, as JPEG": smaller,
}


def test_a_copy_is_known_and_another_picture_is_not() -> None:
    scenes = [scene(number) for number in range(8)]
    known = [fingerprint(png(each)) for each in scenes]
    for number, (image, own) in enumerate(zip(scenes, known, strict=True)):
        lossless = fingerprint(encoded(image, "WEBP", lossless=True))
        assert lossless.pixels == own.pixels
        scaled = fingerprint(smaller(image))
        assert scaled.pixels != own.pixels
        assert scaled.is_like(own)
        assert not any(own.is_like(other) for other in known[number + 1 :])


def test_of_pictures_without_features_only_the_very_pixels_are_known() -> None:
    first, second = (fingerprint(png(Image.new("RGB", (64, 64), colour))) for colour in ("teal", "navy"))
    assert (first.looks, second.looks) == (FLAT, FLAT)
    assert not first.is_like(second)
    assert first.is_like(fingerprint(encoded(Image.new("RGB", (64, 64), "teal"), "BMP")))


async def keep_out(server: Server, image: Image.Image) -> Creation:
    """Let a picture of Alice's be removed and kept out by a moderator, as one does it."""
    job = await kept(server, file=png(image))
    [creation] = await server.creations(job)
    answer = await server.moderator.slash(server.channel, "show", number=creation.id)
    shown = next(each for each in server.messages() if each.id == answer.response.id)
    asked = await server.moderator.select(shown, ["remove"], custom_id=f"more:{creation.id}")
    card = seen_by(server, server.moderator, asked)
    assert card_buttons(card) == ["Delete it", "Delete it and keep it out"]
    await server.moderator.click(card, label="Delete it and keep it out")
    assert "kept out from now on" in card_text(seen_by(server, server.moderator, asked))
    assert await server.creations(job) == []
    return creation


async def by_inpaint(server: Server, file: bytes) -> Any:
    return await server.inpaint(image=("a.png", file), mask=None, region="left")


async def by_inpaint_with_a_look(server: Server, file: bytes) -> Any:
    await server.atelier.kernel.settings.prefer(server.alice.id, preview=True)
    return await by_inpaint(server, file)


async def by_blend(server: Server, file: bytes) -> Any:
    pictures = {"image1": ("a.png", png(meadow())), "image2": ("b.png", file)}
    return await server.alice.slash(server.channel, "blend", prompt="a meadow", **pictures)


async def by_remix(server: Server, file: bytes) -> Any:
    job = await kept(server)
    [creation] = await server.creations(job)
    shown = await server.alice.slash(server.channel, "show", number=creation.id)
    message = next(each for each in server.messages() if each.id == shown.response.id)
    menu = await server.alice.select(message, ["remix"], custom_id=f"more:{creation.id}")
    return await server.alice.submit_modal(menu, {"prompt": "an owl", "strength": "0.6", "picture": ("a.png", file)})


async def by_style(server: Server, file: bytes) -> Any:
    return await server.alice.slash(server.channel, "style add", name="mine", picture=("a.png", file))


async def by_challenge(server: Server, file: bytes) -> Any:
    canvas = {"kind": "canvas", "image": ("a.png", file), "region": "left"}
    return await server.moderator.slash(server.channel, "challenge create", title="Same", theme="gold", **canvas)


def by_menu(name: str) -> Callable[[Server, bytes], Awaitable[Any]]:
    async def come_in(server: Server, file: bytes) -> Any:
        message = await server.bob.send(server.channel, "look", attachments=[("a.png", file)])
        menu = await server.alice.context_menu(server.channel, name, message)
        words = {"words": "left"} if name == "Repaint a region" else {"strength": "0.6"}
        return await server.alice.submit_modal(menu, {"prompt": "a boat", **words})

    return come_in


WAYS_IN = {
    "/inpaint": by_inpaint,
    "/inpaint with a look": by_inpaint_with_a_look,
    "/blend": by_blend,
    "Remix with a picture": by_remix,
    "/style add": by_style,
    "/challenge create": by_challenge,
    "Repaint a region of a message": by_menu("Repaint a region"),
    "Remix of a message": by_menu("Remix"),
}


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("way", WAYS_IN)
async def test_no_way_in_lets_a_copy_pass(idle_server: Server, way: str, copy: str) -> None:
    server = idle_server
    await keep_out(server, scene())
    answer = await WAYS_IN[way](server, COPIES[copy](scene()))
    assert REFUSED in said(answer)
    before = len(await server.jobs())
    other = said(await WAYS_IN[way](server, COPIES[copy](scene(1))))
    assert REFUSED not in other
    assert await server.atelier.kernel.jobs.kept_out.of_guild(server.alice.guild.id + 1) == []
    assert len(await server.jobs()) >= before


async def test_what_came_in_before_is_not_painted_on(idle_server: Server) -> None:
    server, alice = idle_server, idle_server.alice
    file = png(scene(), compress_level=1)
    await alice.slash(server.channel, "style add", name="mine", words="gold", picture=("a.png", file))
    painted = await kept(server, image_key=await server.atelier.kernel.files.put(file), file=png(meadow(90, 90)))
    double = await kept(server, file=png(scene(), compress_level=2))
    await server.atelier.kernel.settings.prefer(alice.id, preview=True)
    draft = await by_inpaint(server, file)
    await keep_out(server, scene())
    before = len(await server.jobs())
    answers = [
        await alice.click(seen_by(server, alice, draft), label="Go"),
        await alice.slash(server.channel, "imagine", prompt="a fox", style="mine"),
    ]
    for job, action in ((painted, "reroll"), (double, "strong")):
        [creation] = await server.creations(job)
        with server.env.time_context():
            await server.atelier.kernel.delivery.redraw(job.id)
        card = server.card(job)
        answers.append(
            await alice.click(card, label="Reroll")
            if action == "reroll"
            else await alice.select(card, [action], custom_id=f"more:{creation.id}")
        )
    for number, answer in enumerate(answers):
        assert REFUSED in said(answer), number
    assert len(await server.jobs()) == before


async def test_a_result_that_is_a_copy_waits_for_moderators(server: Server) -> None:
    office = server.alice.guild.create_text_channel("office")
    await server.atelier.kernel.settings.choose(server.alice.guild.id, cases_channel_id=office.id)
    job = await imagined(server, count=1, seed=5)
    [creation] = await server.creations(job)
    asked = await pick(server, server.moderator, job, "remove")
    await server.moderator.click(seen_by(server, server.moderator, asked), label="Delete it and keep it out")
    again = await imagined(server, count=2, seed=5)
    assert again.status is JobStatus.SUCCEEDED
    [held] = await server.atelier.kernel.creations.held_of(again.id)
    [shown] = await server.creations(again)
    assert (held.seed, shown.seed) == (5, 6)
    assert len(server.card(again).attachments) == 1
    with server.env.time_context():
        await server.atelier.moderation.cases.post()
    card = max(office.history(), key=lambda each: each.id)
    assert f"It looks like picture {creation.id}, which is kept out here." in card_text(card)
    await server.moderator.click(card, label="Approve")
    assert len(await server.creations(again)) == 2


@pytest.mark.parametrize("label", ["Remove", "Warn", "Block"])
@pytest.mark.parametrize("keep", [True, False])
async def test_a_case_is_decided_with_or_without_keeping_it_out(idle_server: Server, label: str, keep: bool) -> None:
    server, moderator = idle_server, idle_server.moderator
    job = await kept(server, file=png(scene()))
    [creation] = await server.creations(job)
    guild_id = server.alice.guild.id
    await server.atelier.moderation.cases.report(guild_id, creation.id, server.bob.id, "rude")
    log = seen_by(server, moderator, await moderator.slash(server.channel, "moderation log"))
    case = seen_by(server, moderator, await moderator.select(log, ["1"], custom_id="case"))
    modal = await moderator.click(case, label=label)
    await moderator.submit_modal(modal, {"why": "rude", "keep_out": keep})
    found = await server.atelier.kernel.jobs.kept_out.of_guild(guild_id)
    assert [(each.creation_id, each.by) for each in found] == ([(creation.id, moderator.id)] if keep else [])
    assert await server.creations(job) == []


async def test_the_list_is_shown_to_moderators_and_let_go_of(idle_server: Server) -> None:
    server, moderator, guild_id = idle_server, idle_server.moderator, idle_server.alice.guild.id
    empty = await moderator.slash(server.channel, "moderation kept-out")
    assert "None yet" in card_text(seen_by(server, moderator, empty))
    first, second = await keep_out(server, scene()), await keep_out(server, scene(1))
    answer = await moderator.slash(server.channel, "moderation kept-out")
    assert answer.ephemeral
    card = seen_by(server, moderator, answer)
    assert f"**1** · was picture {first.id} · <t:" in card_text(card)
    assert card_text(card).count(f"by <@{moderator.id}>") == 2
    channel = server.atelier.client.get_partial_messageable(server.channel.id)
    for member in (server.alice, server.bob):
        with server.env.time_context():
            public = await channel.send(view=_list_of(first))
        assert "Only this server's moderators" in said(await member.select(public, ["1"], custom_id="let-in"))
    assert REFUSED in said(await by_inpaint(server, png(scene())))
    await moderator.select(card, ["1"], custom_id="let-in")
    assert f"was picture {first.id}" not in card_text(seen_by(server, moderator, answer))
    assert REFUSED not in said(await by_inpaint(server, png(scene())))
    await moderator.slash(server.channel, "moderation kept-out", number=2)
    assert await server.atelier.kernel.jobs.kept_out.of_guild(guild_id) == []
    missing = await moderator.slash(server.channel, "moderation kept-out", number=2)
    assert "no such picture on the list" in said(missing)
    assert second.id > first.id


def _list_of(creation: Creation) -> Any:
    known = fingerprint(png(scene()))
    return kept_out_card([KeptOut(1, creation.id, known, 0, now())]).view
