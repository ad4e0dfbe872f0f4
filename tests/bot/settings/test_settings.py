"""What members and servers choose, and what it does."""

from typing import Any

import pytest

from bot.config import Settings
from bot.database.states import JobStatus
from bot.jobs.models import Job
from tests.support.cards import card_buttons, card_text
from tests.support.images import opened
from tests.support.member_actions import imagined, newest, pick, seen_by
from tests.support.server import Server


async def panel(server: Server, member: Any) -> Any:
    return seen_by(server, member, await member.slash(server.channel, "settings"))


async def test_what_a_member_chooses_is_what_they_begin_with(server: Server) -> None:
    await imagined(server, count=1)
    card = await panel(server, server.bob)
    await server.bob.select(card, ["2"], custom_id="choose:me:count")
    await server.bob.select(card, ["2:1"], custom_id="choose:me:aspect")
    await server.bob.slash(server.channel, "imagine", prompt="a fox", steps=2)
    job = await newest(server, {1})
    assert job.parameters.num_images == 2
    assert job.parameters.width > 1.8 * job.parameters.height
    await server.alice.slash(server.channel, "imagine", prompt="a fox", steps=2)
    assert (await newest(server, {1, job.id})).parameters.num_images == 4
    await server.bob.select(card, ["-"], custom_id="choose:me:count")
    assert (await server.atelier.kernel.settings.preferences(server.bob.id)).count == 0


@pytest.mark.both_databases
async def test_a_style_is_chosen_in_the_panel(idle_server: Server) -> None:
    server, bob = idle_server, idle_server.bob
    assert "choose:me:style" not in str([item.to_dict() for item in (await panel(server, bob)).components])
    await bob.slash(server.channel, "style add", name="dusk", words="at sunset")
    await bob.select(await panel(server, bob), ["dusk"], custom_id="choose:me:style")
    await bob.slash(server.channel, "imagine", prompt="a fox")
    assert (await server.job()).parameters.prompt == "a fox, at sunset"


@pytest.mark.both_databases
async def test_a_servers_settings_are_for_those_who_manage_it(idle_server: Server) -> None:
    server = idle_server
    assert "The server's settings" not in card_buttons(await panel(server, server.alice))
    owner = server.moderator
    answer = await owner.click(await panel(server, owner), label="The server's settings")
    servers = seen_by(server, owner, answer)
    await owner.select(servers, ["3"], custom_id="choose:all:count")
    await owner.select(servers, ["2"], custom_id="choose:all:jobs_a_member")
    await server.alice.slash(server.channel, "imagine", prompt="a fox")
    await server.alice.slash(server.channel, "imagine", prompt="a fox")
    assert [job.parameters.num_images for job in await server.jobs()] == [3, 3]
    refused = await server.alice.slash(server.channel, "imagine", prompt="a fox")
    assert "You have 2 jobs in line already" in str([each.content for each in refused.followups])
    told = await server.alice.slash(server.channel, "info")
    assert "**2** of your jobs in line now; 2 may be" in card_text(seen_by(server, server.alice, told))


async def test_whoever_wants_to_be_asked_is_asked(server: Server) -> None:
    job = await imagined(server, count=1)
    [creation] = await server.creations(job)
    card = await panel(server, server.alice)
    await server.alice.click(card, custom_id="settings:ask_first")

    asked = await pick(server, server.bob, job, "strong")
    question = seen_by(server, server.alice, asked)
    assert f"<@{server.alice.id}>, <@{server.bob.id}> would like to go on" in card_text(question)
    assert len(await server.jobs()) == 1
    refused = await server.bob.click(question, label="Allow")
    assert "Only the member who made this" in refused.response.content
    await server.alice.click(question, label="Allow")
    assert "press again" in card_text(seen_by(server, server.alice, asked))
    await pick(server, server.bob, job, "strong")
    assert (await newest(server, {job.id})).parent_id == creation.id
    await pick(server, server.alice, job, "strong")
    assert len(await server.jobs()) == 3


async def test_what_one_has_done_is_told(server: Server) -> None:
    job = await imagined(server, count=2)
    first, _ = await server.creations(job)
    await server.bob.select(server.card(job), [str(first.id)], custom_id=f"one:{job.id}")
    await server.bob.click(server.card(job), label="V1")
    await newest(server, {job.id})
    alone = seen_by(server, server.bob, await server.bob.slash(server.channel, "show", number=first.id))
    await server.bob.select(alone, ["favourite"], custom_id=f"more:{first.id}")
    alice = card_text(seen_by(server, server.alice, await server.alice.slash(server.channel, "info")))
    assert "**2** pictures in the gallery, 2 of them since yesterday" in alice
    assert "**1** times a favourite of others, who made **4** pictures from yours" in alice
    bob = card_text(seen_by(server, server.bob, await server.bob.slash(server.channel, "info")))
    assert "**4** pictures in the gallery" in bob
    assert "**1** favourites of your own" in bob
    assert "starter paints" in bob


async def test_no_more_of_a_member_run_than_may(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    store = server.atelier.kernel.store
    start, finish, running, most = store.start_job, store.finish_job, set(), 0

    async def started(job_id: int) -> Job | None:
        nonlocal most
        job = await start(job_id)
        running.add(job_id)
        most = max(most, len(running))
        return job

    async def finished(job: Job, *arguments: Any) -> bool:
        is_finished = await finish(job, *arguments)
        running.remove(job.id)
        return is_finished

    monkeypatch.setattr(store, "start_job", started)
    monkeypatch.setattr(store, "finish_job", finished)
    for _ in range(5):
        await server.alice.slash(server.channel, "imagine", prompt="a fox", steps=30, count=1)
    ended = [await server.shown(job) for job in await server.jobs()]
    assert {job.status for job in ended} == {JobStatus.SUCCEEDED}
    assert most == Settings().running_a_member


async def test_one_goes_through_a_family(server: Server) -> None:
    job = await imagined(server, count=1)
    [parent] = await server.creations(job)
    await pick(server, server.bob, job, "remix")
    answer = await pick(server, server.bob, job, "remix")
    await server.bob.submit_modal(answer, {"prompt": "an owl", "strength": "0.6"})
    child = await newest(server, {job.id})
    [made] = await server.creations(child)
    told = seen_by(server, server.bob, await pick(server, server.bob, child, "details"))
    tree = opened(await told.attachments[0].read())
    assert tree.width > tree.height
    shown = await server.bob.select(told, [str(parent.id)], custom_id=f"kin:{made.id}")
    assert f"more:{parent.id}" in str([item.to_dict() for item in seen_by(server, server.bob, shown).components])
    told = seen_by(server, server.bob, await pick(server, server.bob, job, "details"))
    assert f"Led to picture {made.id}" in str([item.to_dict() for item in told.components])
