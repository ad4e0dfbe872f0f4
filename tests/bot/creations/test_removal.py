"""A picture that is removed is gone from everywhere."""

from datetime import timedelta
from typing import Any

import discord
import pytest

from bot.challenges.models import follow_up
from bot.config import Settings
from bot.core.clock import now
from bot.creations.models import Creation, NewCreation
from bot.database.file_store import FileStore
from bot.jobs.models import Job
from bot.settings.models import STAR
from tests.support.cards import card_buttons, card_text, said
from tests.support.challenges import announced, hold
from tests.support.images import encoded, meadow, png
from tests.support.member_actions import kept, seen_by, viewer
from tests.support.privacy import exported
from tests.support.server import Server, opened_server


def files(server: Server) -> set[str]:
    """Return the names of all files on the disk."""
    return {path.name for path in server.atelier.kernel.files.folder.rglob("*") if path.is_file()}


def message(server: Server, message_id: int, channel: Any = None) -> Any:
    return next(each for each in (channel or server.channel).history() if each.id == message_id)


async def remove(server: Server, *creations: Creation) -> None:
    with server.env.time_context():
        await server.atelier.kernel.removal.remove([each.id for each in creations])


async def own(server: Server, number: int, **given: Any) -> Job:
    """Return a job whose picture's file is no other's."""
    return await kept(server, file=png(meadow(100 + number, 80)), **given)


async def test_it_is_off_its_messages_the_showcase_and_the_disk(idle_server: Server) -> None:
    server, guild = idle_server, idle_server.alice.guild
    showcase = guild.create_text_channel("showcase")
    await server.atelier.kernel.settings.choose(guild.id, showcase_channel_id=showcase.id, showcase_from=1)
    job = await own(server, 1, count=1)
    [creation] = await server.creations(job)
    again = await server.bob.slash(server.channel, "show", number=creation.id)
    await server.bob.slash(server.channel, "gallery browse")
    await server.bob.react(server.card(job), STAR)
    assert len(showcase.history()) == 1
    assert len(files(server)) == 2
    await remove(server, creation)
    for shown in (server.card(job), message(server, again.response.id)):
        assert shown.attachments == []
        assert "Removed from the gallery" in card_text(shown)
    assert showcase.history() == []
    assert files(server) == set()
    assert "No pictures" in card_text(
        seen_by(server, server.bob, await server.bob.slash(server.channel, "gallery browse"))
    )


async def test_the_showcase_shows_what_is_left_of_several(idle_server: Server) -> None:
    server, guild = idle_server, idle_server.alice.guild
    showcase = guild.create_text_channel("showcase")
    await server.atelier.kernel.settings.choose(guild.id, showcase_channel_id=showcase.id, showcase_from=1)
    job = await kept(server, count=2)
    first, second = await server.creations(job)
    await server.bob.react(server.card(job), STAR)
    assert len(showcase.history()[0].attachments) == 2
    await remove(server, first)
    assert [each.filename for each in showcase.history()[0].attachments] == [f"atelier-{second.id}.png"]
    assert len(server.card(job).attachments) == 1
    # The other one is the same file.
    assert len(files(server)) == 1


async def test_what_others_need_stays_and_copies_of_it_go(idle_server: Server) -> None:
    server = idle_server
    atelier = server.atelier
    given = await atelier.kernel.files.put(png(meadow(50, 50)))
    mask = await atelier.kernel.files.put(png(meadow(50, 51)))
    job = await own(server, 1, image_key=given, mask_key=mask)
    [creation] = await server.creations(job)
    copy = await atelier.kernel.files.put(encoded(meadow(101, 80), "PNG", compress_level=1))
    child = await own(server, 2, member=server.bob, image_key=copy, mask_key=mask, parent_id=creation.id)
    [made] = await server.creations(child)
    assert files(server) == {given, mask, copy, creation.file_key, made.file_key}
    await remove(server, creation)
    assert files(server) == {mask, made.file_key}
    family = await atelier.kernel.lineage.family(made, viewer(server))
    assert [(each.id, each.is_shown) for each in family.ancestors] == [(creation.id, False)]
    answer = await server.bob.slash(server.channel, "show", number=made.id)
    card = message(server, answer.response.id)
    told = seen_by(server, server.bob, await server.bob.select(card, ["details"], custom_id=f"more:{made.id}"))
    assert f"made from picture {creation.id}" in card_text(told)
    await remove(server, made)
    assert files(server) == set()


async def test_a_crash_in_the_middle_is_put_right_at_the_next_start(idle_server: Server) -> None:
    server = idle_server
    job = await kept(server)
    [creation] = await server.creations(job)
    await server.atelier.kernel.removal.take([creation.id])
    assert [each.id for each in await server.atelier.kernel.store.undelivered_jobs()] == [job.id]
    with server.env.time_context():
        await server.atelier.kernel.delivery.deliver(job.id)
    assert "Removed from the gallery" in server.text(job)
    assert await server.atelier.kernel.store.undelivered_jobs() == []


async def test_files_and_showcases_that_a_crash_left_are_put_right_later(idle_server: Server) -> None:
    server, bot, guild = idle_server, idle_server.atelier, idle_server.alice.guild
    showcase = guild.create_text_channel("showcase")
    await bot.kernel.settings.choose(guild.id, showcase_channel_id=showcase.id, showcase_from=1)
    job = await own(server, 1)
    [creation] = await server.creations(job)
    [other] = await server.creations(await own(server, 2))
    await server.bob.slash(server.channel, "show", number=creation.id)
    await server.bob.react(server.card(job), STAR)
    assert len(showcase.history()) == 1
    await bot.kernel.removal._removals.remove([creation.id])  # pyright: ignore[reportPrivateUsage]
    assert files(server) == {creation.file_key, other.file_key}
    with server.env.time_context():
        await bot.kernel.removal.finish()
    assert files(server) == {other.file_key}
    assert showcase.history() == []
    assert "Removed from the gallery" in "".join(card_text(each) for each in server.messages())


async def test_all_pictures_of_a_member_are_purged(idle_server: Server) -> None:
    server, moderator = idle_server, idle_server.moderator
    jobs = [await kept(server) for _ in range(3)]
    await kept(server, member=server.bob)
    asked = await moderator.slash(server.channel, "moderation purge", member=server.alice)
    card = seen_by(server, moderator, asked)
    assert f"Remove 3 pictures of <@{server.alice.id}>" in card_text(card)
    await moderator.click(card, label="Remove them")
    assert "3 pictures are removed" in card_text(seen_by(server, moderator, asked))
    for job in jobs:
        assert "Removed from the gallery" in server.text(job)
    left = await server.bob.slash(server.channel, "gallery browse")
    assert f"<@{server.bob.id}>" in card_text(seen_by(server, server.bob, left))
    assert f"<@{server.alice.id}>" not in card_text(seen_by(server, server.bob, left))
    asked = await moderator.slash(server.channel, "moderation purge", member=server.alice, days=3)
    assert "has no pictures here" in card_text(seen_by(server, moderator, asked))


async def test_deleting_a_file_takes_what_was_derived_along(tmp_path: Any) -> None:
    store = FileStore(tmp_path)

    def shorter(data: bytes) -> bytes:
        return data[:1]

    key, other = await store.put(b"one"), await store.put(b"two")
    await store.derived(key, shorter)
    await store.delete(key)
    await store.delete(key)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {other}
    with pytest.raises(FileNotFoundError):
        await store.get(key)


async def test_it_is_off_the_podium(settings: Settings) -> None:
    moment = [now()]
    async with opened_server(settings, working=False, clock=lambda: moment[0]) as server:
        desk, herald = server.atelier.challenges.service, server.atelier.challenges.scheduler
        role = server.alice.guild.create_role("hosts", permissions=discord.Permissions(manage_events=True))
        host = server.alice.guild.add_member(server.env.create_user("hanna"), roles=[role])
        await host.slash(server.channel, "challenge create", title="Autumn", theme="gold", hours=1, voting_hours=1)
        with server.env.time_context():
            await herald.advance()
            mine, bobs = [
                (await server.creations(await own(server, number, member=member)))[0]
                for number, member in ((1, server.alice), (2, server.bob))
            ]
            for creation, maker in ((mine, server.alice), (bobs, server.bob)):
                await desk.enter(server.alice.guild.id, 1, viewer(server, maker), creation.id)
            for _ in range(2):
                moment[0] += timedelta(hours=1)
                await herald.advance()
        count = len(server.channel.history())
        await remove(server, mine)
        with server.env.time_context():
            await herald.advance()
        shown = [card_text(each) for each in server.channel.history()]
        assert len(shown) == count
        [podium] = [text for text in shown if "Results: Autumn" in text]
        assert f"picture {bobs.id}" in podium
        assert f"picture {mine.id}" not in podium


async def test_it_is_no_canvas_any_longer(idle_server: Server) -> None:
    server, guild = idle_server, idle_server.alice.guild
    data = png(meadow(91, 80))
    [creation] = await server.creations(await kept(server, file=data))
    given = {"kind": "canvas", "image": ("saved.png", data), "region": "left"}
    announcement = await hold(server, weekly=True, hours=1, **given)
    assert [each.filename for each in announcement.attachments] == ["canvas.jpg"]
    for member in (server.alice, server.bob):
        form = await member.click(announcement, label="Paint an entry")
        await member.submit_modal(form, {"words": "an owl"})
        [job] = [each for each in await server.jobs() if each.user_id == member.id and each.image_key]
        started = await server.atelier.kernel.store.start_job(job.id)
        assert started
        entry = await server.atelier.kernel.files.put(png(meadow(92, 80 + member.id % 7)))
        await server.atelier.kernel.store.finish_job(started, [NewCreation(entry, 1, "starter", 91, 80)])
    forms = [await member.click(announcement, label="Paint an entry") for member in (server.alice, server.bob)]
    await remove(server, creation)
    [challenge] = await server.atelier.challenges.service.newest(guild.id, viewer(server))
    assert challenge.image_key not in files(server)
    assert not server.atelier.kernel.files.path(challenge.image_key).exists()
    after = await announced(server)
    assert (after.id, after.attachments) == (announcement.id, [])
    made = len(await server.jobs())
    assert "no longer in" in said(await server.bob.submit_modal(forms[1], {"words": "an owl"}))
    assert "no longer in" in said(await server.bob.click(after, label="Paint an entry"))
    assert "no longer in" in said(await server.alice.click(after, label="Paint an entry"))
    assert len(await server.jobs()) == made
    following = follow_up(challenge, challenge.voting_ends_at)
    assert following
    assert following.source_id == creation.id


async def test_only_the_maker_exports_a_canvas(idle_server: Server) -> None:
    server = idle_server
    data = png(meadow(91, 80))
    await kept(server, file=data)
    await hold(server, kind="canvas", image=("saved.png", data), region="left")
    [challenge] = await server.atelier.challenges.service.newest(server.alice.guild.id, viewer(server))
    _, given = await exported(server, server.moderator)
    assert any(challenge.mask_key in name for name in given)
    assert not any(challenge.image_key in name for name in given)


async def test_no_draft_of_it_is_left(idle_server: Server) -> None:
    server, bob = idle_server, idle_server.bob
    saved, other = ("saved.png", png(meadow(91, 80))), ("other.png", png(meadow(93, 80)))
    await bob.slash(server.channel, "style add", name="own", picture=other)
    [creation] = await server.creations(await kept(server, file=saved[1]))
    await bob.slash(server.channel, "style add", name="lent", picture=saved)
    begun = {
        "from its file": await bob.slash(server.channel, "inpaint", image=saved, prompt="an owl"),
        "in its style": await bob.slash(server.channel, "inpaint", image=other, prompt="an owl", style="lent"),
        "of others": await bob.slash(server.channel, "inpaint", image=other, prompt="an owl", style="own"),
    }
    for answer in begun.values():
        assert "Say it" in card_buttons(seen_by(server, bob, answer))
    await remove(server, creation)
    for name, answer in begun.items():
        pressed = await bob.click(seen_by(server, bob, answer), label="Say it")
        assert bool(pressed.modal) == (name == "of others"), name
