"""Words with a name, of a member and of a server."""

import discord
import pytest

from tests.conftest import Server, card_text
from tests.playing import seen_by

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


async def test_a_style_is_used_where_none_is_named(idle_server: Server) -> None:
    server, alice = idle_server, idle_server.alice
    await style(server, alice, "add", name="ink", words="a sketch")
    await style(server, alice, "use", name="ink")
    await alice.slash(server.channel, "imagine", prompt="a fox")
    await alice.slash(server.channel, "imagine", prompt="a fox", style="none")
    await style(server, alice, "remove", name="ink")
    await alice.slash(server.channel, "imagine", prompt="a fox")
    assert [prompt for prompt, _ in await prompts(server)] == ["a fox, a sketch", "a fox", "a fox"]


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
