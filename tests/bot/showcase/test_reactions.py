"""Reactions count, exactly; and what many like stands in the showcase, once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord
import pytest

from bot.jobs.models import Job
from bot.showcase import reactions
from tests.support.cards import card_text
from tests.support.member_actions import kept, seen_by
from tests.support.server import Server
from tests.support.waiting import eventually, eventually_awaited

pytestmark = pytest.mark.both_databases


async def score(server: Server, job: Job) -> int:
    scores = {creation.score for creation in await server.creations(job)}
    assert len(scores) == 1
    return scores.pop()


def message(server: Server, job: Job) -> Any:
    return next(each for each in server.channel.history() if each.id == job.place.message_id)


async def test_a_person_counts_once_and_the_maker_not_at_all(idle_server: Server) -> None:
    server = idle_server
    job = await kept(server, count=2)
    other = await kept(server)
    await server.bob.react(message(server, job), "⭐")
    await server.alice.react(message(server, job), "⭐")
    await server.bob.react(message(server, job), "🍕")
    assert (await score(server, job), await score(server, other)) == (1, 0)
    await server.moderator.react(message(server, job), "⭐")
    assert await score(server, job) == 2
    await server.bob.unreact(message(server, job), "⭐")
    await server.bob.unreact(message(server, job), "🍕")
    assert await score(server, job) == 1


async def test_a_server_chooses_what_counts(idle_server: Server) -> None:
    server, guild_id = idle_server, idle_server.alice.guild.id
    job = await kept(server)
    await server.atelier.kernel.settings.choose(guild_id, emojis=("⭐", "🔥"))
    for emoji in ("⭐", "🔥"):
        await server.bob.react(message(server, job), emoji)
    assert await score(server, job) == 1
    await server.bob.unreact(message(server, job), "⭐")
    assert await score(server, job) == 1
    await server.bob.unreact(message(server, job), "🔥")
    assert await score(server, job) == 0


@pytest.mark.parametrize("undo", ["clear_reaction", "clear_reactions", "delete"])
async def test_cleared_and_deleted_reactions_count_no_longer(idle_server: Server, undo: str) -> None:
    server = idle_server
    job = await kept(server)
    await server.bob.react(message(server, job), "⭐")
    assert await score(server, job) == 1
    channel = server.atelier.client.get_partial_messageable(server.channel.id, guild_id=server.alice.guild.id)
    partial = channel.get_partial_message(job.place.message_id)
    await getattr(partial, undo)(*["⭐"] * (undo == "clear_reaction"))
    await eventually_awaited(lambda: _is(server, job, 0))


async def _is(server: Server, job: Job, expected: int) -> bool:
    return await score(server, job) == expected


async def test_the_makers_cross_removes_the_pictures(idle_server: Server) -> None:
    server = idle_server
    job = await kept(server, count=2)
    await server.bob.react(message(server, job), "❌")
    assert len(await server.creations(job)) == 2
    server.tolerated = (discord.HTTPException,)
    await server.alice.react(message(server, job), "❌")
    assert await server.creations(job) == []


async def test_what_was_missed_is_counted_at_the_next_start(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = idle_server
    monkeypatch.setattr(reactions, "PAUSE_SECONDS", 0)
    desk = server.atelier.showcase.reactions
    here, gone = await kept(server), await kept(server)
    for job in (here, gone):
        await server.bob.react(message(server, job), "⭐")
    channel = server.atelier.client.get_partial_messageable(server.channel.id, guild_id=server.alice.guild.id)
    async with deaf(server, monkeypatch):
        await server.moderator.react(message(server, here), "⭐")
        await channel.get_partial_message(gone.place.message_id).delete()
    assert (await score(server, here), await score(server, gone)) == (1, 1)
    comparing = asyncio.create_task(desk.run())
    desk.was_away()
    await eventually_awaited(lambda: _is(server, here, 2))
    await eventually_awaited(lambda: _is(server, gone, 0))
    comparing.cancel()


@asynccontextmanager
async def deaf(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Let the bot hear of nothing inside the block, as if it were not running."""
    with monkeypatch.context() as patch:
        for name in ("added", "removed", "cleared"):
            patch.setattr(server.atelier.showcase.reactions, name, _nothing)
        yield
        await server.env.settle()


async def _nothing(*_arguments: object) -> None:
    pass


async def test_what_many_like_stands_in_the_showcase_once(idle_server: Server) -> None:
    server, guild = idle_server, idle_server.alice.guild
    showcase = guild.create_text_channel("showcase")
    panel = seen_by(server, server.moderator, await server.moderator.slash(server.channel, "settings"))
    servers = seen_by(server, server.moderator, await server.moderator.click(panel, label="The server's settings"))
    await server.moderator.select(servers, [showcase], custom_id="choose:showcase")
    await server.moderator.select(servers, ["2"], custom_id="choose:all:showcase_from")
    job = await kept(server)
    await server.bob.react(message(server, job), "⭐")
    assert showcase.history() == []
    await server.moderator.react(message(server, job), "⭐")
    [shown] = await eventually(showcase.history)
    assert "⭐ **2**" in card_text(shown)
    assert f"<@{server.alice.id}>" in card_text(shown)
    assert f"/{server.channel.id}/{job.place.message_id})" in card_text(shown)
    assert len(shown.attachments) == 1
    await server.bob.unreact(message(server, job), "⭐")
    [shown] = showcase.history()
    assert "⭐ **1**" in card_text(shown)
    await server.bob.react(message(server, job), "⭐")
    assert len(showcase.history()) == 1
    server.tolerated = (discord.HTTPException,)
    await server.alice.react(message(server, job), "❌")
    assert showcase.history() == []


async def test_what_is_made_in_an_age_restricted_channel_is_not_shown_elsewhere(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, guild = idle_server, idle_server.alice.guild
    showcase = guild.create_text_channel("showcase")
    await server.atelier.kernel.settings.choose(guild.id, showcase_channel_id=showcase.id, showcase_from=1)
    # SimCord's channels can't be age-restricted.
    monkeypatch.setattr(discord.TextChannel, "is_nsfw", lambda channel: channel.id == server.channel.id)
    job = await kept(server)
    await server.bob.react(message(server, job), "⭐")
    assert await score(server, job) == 1
    assert showcase.history() == []
