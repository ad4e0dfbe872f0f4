"""Words with a name, of a member and of a server."""

import asyncio
import re

import discord
import pytest
from alembic import command

from bot.config import Settings
from bot.database.engine import alembic_config
from tests.support.cards import card_text
from tests.support.images import meadow, png
from tests.support.member_actions import filtered, kept, seen_by
from tests.support.server import Server

pytestmark = pytest.mark.both_databases


async def style(server: Server, member: object, action: str, **options: object) -> str:
    """Use /style as a member, and return what they alone are told."""
    answer = await member.slash(server.channel, f"style {action}", **options)  # pyright: ignore
    assert answer.ephemeral
    return answer.response.content or card_text(seen_by(server, member, answer))


async def prompts(server: Server) -> list[tuple[str, str]]:
    return [(job.parameters.prompt, job.parameters.negative_prompt) for job in await server.jobs()]


async def test_a_style_adds_its_words(idle_server: Server) -> None:
    server, alice = idle_server, idle_server.alice
    await style(server, alice, "add", name="Ink", words="a sketch, <lora:ink:0.8>", negative_words="colour")
    assert "**ink** (yours) a sketch" in await style(server, alice, "list")
    await alice.slash(server.channel, "imagine", prompt="a fox", style="ink", negative_prompt="fog")
    await alice.slash(server.channel, "imagine", prompt="an owl --style ink")
    await server.inpaint(style="ink", prompt="a cat")
    assert await prompts(server) == [
        ("a fox, a sketch, <lora:ink:0.8>", "fog, colour"),
        ("an owl, a sketch, <lora:ink:0.8>", "colour"),
        ("a cat, a sketch, <lora:ink:0.8>", "colour"),
    ]
    assert [job.style for job in await server.jobs()] == ["ink", "ink", "ink"]


async def test_a_style_is_used_where_none_is_named(idle_server: Server) -> None:
    server, alice = idle_server, idle_server.alice
    await style(server, alice, "add", name="ink", words="a sketch")
    await style(server, alice, "use", name="ink")
    await alice.slash(server.channel, "imagine", prompt="a fox")
    await alice.slash(server.channel, "imagine", prompt="a fox", style="none")
    await style(server, alice, "remove", name="ink")
    await alice.slash(server.channel, "imagine", prompt="a fox")
    assert [prompt for prompt, _ in await prompts(server)] == ["a fox, a sketch", "a fox", "a fox"]
    assert [job.style for job in await server.jobs()] == ["ink", "", ""]


async def test_a_draft_keeps_its_style(studio: Server) -> None:
    await style(studio, studio.alice, "add", name="ink", words="a sketch")
    card = (await studio.inpaint(style="ink")).response.message
    await studio.alice.click(card, label="Go")
    [job] = await studio.jobs()
    assert job.style == "ink"


async def test_what_goes_on_from_a_picture_is_in_its_style_where_no_other_is_named(idle_server: Server) -> None:
    server, bob = idle_server, idle_server.bob
    job = await kept(server, style="ink", file=png(meadow(128, 128)))
    [creation] = await server.creations(job)
    await style(server, bob, "add", name="dusk", words="at sunset")
    answer = await server.alice.slash(server.channel, "show", number=creation.id)
    shown = next(each for each in server.messages() if each.id == answer.response.id)
    await server.alice.select(shown, ["strong"], custom_id=f"more:{creation.id}")
    await server.atelier.studio.service.reroll(server.alice.id, job.place, job.id)
    for wishes in ({}, {"style": "dusk"}):
        modal = await bob.select(shown, ["remix"], custom_id=f"more:{creation.id}")
        await bob.submit_modal(modal, {"prompt": "an owl", "strength": "0.6", **wishes})
    assert [each.style for each in await server.jobs()] == ["ink", "ink", "ink", "ink", "dusk"]


async def test_pictures_from_before_have_the_style_whose_words_end_their_prompts(
    idle_server: Server, settings: Settings
) -> None:
    server, bob, config = idle_server, idle_server.bob, alembic_config(settings.database)
    await style(server, server.moderator, "add", name="ink", words="a sketch", for_everyone=True)
    await style(server, bob, "add", name="dusk", words="at sunset, a sketch")
    await style(server, bob, "add", name="picture", negative_words="fog")
    prompts = ["a fox, a sketch", "a sketch", "a fox, a sketch of it", "a fox, at sunset, a sketch"]
    alices = [(await server.creations(await kept(server, prompt=prompt)))[0].id for prompt in prompts]
    [theirs] = await server.creations(await kept(server, member=bob, prompt=prompts[-1]))
    for direction, target in ((command.downgrade, "0017"), (command.upgrade, "head")):
        await asyncio.to_thread(direction, config, target)
    card = seen_by(server, bob, await bob.slash(server.channel, "gallery browse"))
    for number, found in ((1, [alices[3], alices[0]]), (2, [theirs.id])):
        shown = card_text(await filtered(server, card, style=str(number)))
        assert [int(each) for each in re.findall(r"\[#(\d+)\]", shown)] == found


async def test_a_members_style_is_their_own_and_a_servers_everybodys(idle_server: Server) -> None:
    server = idle_server
    await style(server, server.alice, "add", name="ink", words="a sketch")
    assert "None yet" in await style(server, server.bob, "list")
    refused = await style(server, server.bob, "add", name="dusk", words="at sunset", for_everyone=True)
    assert "Only those who may manage this server" in refused

    role = server.alice.guild.create_role("managers", permissions=discord.Permissions(manage_guild=True))
    manager = server.alice.guild.add_member(server.env.create_user("max"), roles=[role])
    await style(server, manager, "add", name="dusk", words="at sunset", for_everyone=True)
    assert "**dusk** at sunset" in await style(server, server.bob, "list")
    await server.bob.slash(server.channel, "imagine", prompt="a fox", style="dusk")
    assert await prompts(server) == [("a fox, at sunset", "")]
    assert "no such style of yours" in await style(server, server.bob, "remove", name="dusk")


async def test_a_style_that_is_none_is_explained(idle_server: Server) -> None:
    server, alice = idle_server, idle_server.alice
    assert "one word" in await style(server, alice, "add", name="two words", words="a sketch")
    assert "needs words" in await style(server, alice, "add", name="ink", words=" ")
    answer = await alice.slash(server.channel, "imagine", prompt="a fox", style="ink")
    assert "I know no style “ink” here" in answer.response.content
    assert await server.jobs() == []
    choices = await alice.autocomplete(server.channel, "imagine", "style", "n")
    assert [choice["value"] for choice in choices] == ["none"]
