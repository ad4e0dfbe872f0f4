"""Blocks, cases, and who may decide."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from discord import ui
from simcord.backend.errors import SetupError

from bot.records import JobStatus
from bot.settings import Settings
from bot.views.checked import Checked
from tests.conftest import Server, card_text, opened_server
from tests.playing import kept


def said(answer: Any) -> str:
    """Return the words of an answer, wherever they stand."""
    messages = [answer.response, *answer.followups]
    return "\n".join(f"{each.content or ''}{card_text(each)}" for each in messages if each is not None)


async def block(server: Server, member: Any, **options: Any) -> str:
    return said(await server.moderator.slash(server.channel, "moderation block", member=member, **options))


async def test_a_blocked_member_reads_why_and_does_nothing(idle_server: Server) -> None:
    server, bob = idle_server, idle_server.bob
    job = await kept(server)
    [creation] = await server.creations(job)
    card = await server.alice.slash(server.channel, "show", number=creation.id)
    shown = next(each for each in server.messages() if each.id == card.response.id)
    menu = await bob.select(shown, ["remix"], custom_id=f"more:{creation.id}")
    await bob.slash(server.channel, "imagine", prompt="a fox")
    assert f"<@{bob.id}> is blocked here now" in await block(server, bob, days=7, reason="*rude* words")
    [cancelled] = [each for each in await server.jobs() if each.user_id == bob.id]
    assert cancelled.status is JobStatus.CANCELLED
    until = int((datetime.now(UTC) + timedelta(days=7)).timestamp())
    answers = [
        await bob.slash(server.channel, "imagine", prompt="a fox"),
        await bob.select(shown, ["strong"], custom_id=f"more:{creation.id}"),
        await bob.submit_modal(menu, {"prompt": "an owl", "strength": "0.6"}),
        await bob.context_menu(server.channel, "Details", shown),
    ]
    for answer in answers:
        assert answer.ephemeral
        assert "have blocked you from using me here until <t:" in said(answer)
        assert "(\\*rude\\* words)" in said(answer)
        assert abs(int(said(answer).split("<t:")[1].split(":")[0]) - until) < 60
    assert len(await server.jobs()) == 2


async def test_a_block_survives_a_restart_and_ends_at_its_time(settings: Settings) -> None:
    moment = datetime.now(UTC)
    async with opened_server(settings, working=False) as server:
        await block(server, server.bob, days=2)
        guild_id, user_id = server.bob.guild.id, server.bob.id
    for days, is_blocked in ((1, True), (3, False)):
        then = moment + timedelta(days=days)
        async with opened_server(settings, working=False, clock=lambda then=then: then) as later:
            blocks = later.atelier.client.blocks
            if is_blocked:
                with pytest.raises(Exception, match="have blocked you"):
                    await blocks.check(guild_id, user_id)
            else:
                await blocks.check(guild_id, user_id)
            await blocks.check(guild_id + 1, user_id)
            await blocks.check(None, user_id)


async def test_a_member_is_unblocked(idle_server: Server) -> None:
    server = idle_server
    await block(server, server.bob)
    assert "have blocked you from using me here." in said(await server.bob.slash(server.channel, "queue"))
    answer = await server.moderator.slash(server.channel, "moderation unblock", member=server.bob)
    assert "may use me here again" in said(answer)
    assert "blocked" not in said(await server.bob.slash(server.channel, "queue"))
    answer = await server.moderator.slash(server.channel, "moderation unblock", member=server.bob)
    assert said(answer) == "That member is not blocked here."


async def test_whatever_can_be_pressed_is_checked(idle_server: Server) -> None:
    kinds = [ui.Modal, ui.LayoutView, ui.DynamicItem]
    ours = [each for kind in kinds for each in _all_kinds(kind) if each.__module__.startswith("bot.")]
    assert len(ours) > 30
    assert [each for each in ours if not issubclass(each, Checked)] == []


def _all_kinds(kind: type) -> list[type]:
    return [each for child in kind.__subclasses__() for each in (child, *_all_kinds(child))]


async def test_who_may_block_whom(idle_server: Server) -> None:
    server = idle_server
    with pytest.raises(SetupError):
        await server.alice.slash(server.channel, "moderation block", member=server.bob)
    assert await block(server, server.moderator) == "A moderator can't be blocked."
