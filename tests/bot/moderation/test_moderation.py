"""Blocks, cases, and who may decide."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import discord
import pytest
from discord import ui
from simcord.backend.errors import SetupError

from bot.config import Settings
from bot.core.safety_levels import Handling
from bot.creations.models import Creation
from bot.database.states import JobStatus
from bot.jobs.models import Job
from bot.moderation.case_store import LISTED
from bot.moderation.purge_views import purge_card
from bot.moderation.views import log_card
from bot.panels.safety_views import safety_card
from bot.settings.models import GuildSettings
from bot.ui.access import AccessCheck
from tests.support.cards import card_buttons, card_text, said
from tests.support.images import meadow, png
from tests.support.member_actions import kept, seen_by
from tests.support.moderation import block, inbox, posted
from tests.support.server import Server, opened_server


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
            blocks = later.atelier.moderation.blocks
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
    # discord.py never asks a card itself, because it doesn't keep it.
    assert {each.__name__ for each in ours if not issubclass(each, AccessCheck)} == {"_Shown"}


def _all_kinds(kind: type) -> list[type]:
    return [each for child in kind.__subclasses__() for each in (child, *_all_kinds(child))]


async def test_who_may_block_whom(idle_server: Server) -> None:
    server = idle_server
    with pytest.raises(SetupError):
        await server.alice.slash(server.channel, "moderation block", member=server.bob)
    assert await block(server, server.moderator) == "A moderator can't be blocked."


@pytest.fixture
def office(idle_server: Server) -> Any:
    """The moderators' channel."""
    return idle_server.alice.guild.create_text_channel("office")


def now_shown(office: Any, card: Any) -> Any:
    return next(each for each in office.history() if each.id == card.id)


async def reported(server: Server, member: Any, reason: str = "it is *rude*") -> tuple[Job, Creation, str]:
    """Let a member report a picture of Alice's; return its job, itself and the answer."""
    job = await kept(server)
    [creation] = await server.creations(job)
    card = await server.alice.slash(server.channel, "show", number=creation.id)
    shown = next(each for each in server.messages() if each.id == card.response.id)
    menu = await member.select(shown, ["report"], custom_id=f"more:{creation.id}")
    return job, creation, said(await member.submit_modal(menu, {"words": reason}))


async def decided(server: Server, office: Any, card: Any, label: str, **given: str) -> Any:
    """Let the moderator decide, with what the modal asks; return the card as it is then."""
    answer = await server.moderator.click(card, label=label)
    if label != "Approve":
        answer = await server.moderator.submit_modal(answer, given)
    return now_shown(office, card)


async def test_a_report_comes_to_the_moderators_and_is_approved(idle_server: Server, office: Any) -> None:
    server = idle_server
    await server.atelier.kernel.settings.choose(server.alice.guild.id, cases_channel_id=office.id)
    job, creation, answer = await reported(server, server.bob)
    assert answer == "Thank you. The moderators see it in their channel."
    card = await posted(server, office)
    text = card_text(card)
    assert f"about [picture {creation.id}]({creation.link}) by <@{server.alice.id}>" in text
    assert f"<@{server.bob.id}> says: it is \\*rude\\*" in text
    assert card_buttons(card) == ["Approve", "Remove", "Warn", "Block"]
    assert len(card.attachments) == 1
    count = len(office.history())
    await posted(server, office)
    assert len(office.history()) == count
    card = await decided(server, office, card, "Approve")
    assert f"**approved** by <@{server.moderator.id}>" in card_text(card)
    assert card_buttons(card) == []
    assert [each.id for each in await server.creations(job)] == [creation.id]


async def test_a_member_reports_a_picture_once(idle_server: Server) -> None:
    server = idle_server
    _, creation, answer = await reported(server, server.bob)
    assert answer == "Thank you. The moderators see it in `/moderation log`."
    shown = next(each for each in server.messages() if each.attachments)
    menu = await server.bob.context_menu(server.channel, "Report", shown)
    assert "You have reported this picture already" in said(await server.bob.submit_modal(menu, {"words": "again"}))
    theirs = await server.bob.send(server.channel, "mine", attachments=[(f"atelier-{creation.id}.png", png(meadow()))])
    refused = await server.bob.context_menu(server.channel, "Report", theirs)
    assert "not of mine" in said(refused)


async def test_the_log_is_decided_from_and_paged(idle_server: Server) -> None:
    server, moderator = idle_server, idle_server.moderator
    jobs = [(await reported(server, server.bob))[0] for _ in range(LISTED + 2)]
    log = seen_by(server, moderator, await moderator.slash(server.channel, "moderation log"))
    assert card_text(log).count("**open**") == LISTED
    assert card_buttons(log) == ["Older ▶"]
    answer = await moderator.select(log, [str(LISTED + 2)], custom_id="case")
    case = seen_by(server, moderator, answer)
    modal = await moderator.click(case, label="Remove")
    await moderator.submit_modal(modal, {"why": "rude"})
    assert "**removed** by" in card_text(seen_by(server, moderator, answer))
    assert await server.creations(jobs[-1]) == []
    await moderator.click(log, label="Older ▶")
    older = next(each for each in server.channel.history(viewer=moderator) if each.id == log.id)
    assert card_text(older).count("**open**") == 2
    assert card_buttons(older) == ["Newest"]
    answer = await moderator.slash(server.channel, "moderation log", member=server.bob)
    assert "nothing here" in card_text(seen_by(server, moderator, answer))


async def test_a_warning_removes_and_tells_and_is_appealed_once(idle_server: Server, office: Any) -> None:
    server, alice = idle_server, idle_server.alice
    await server.atelier.kernel.settings.choose(alice.guild.id, cases_channel_id=office.id)
    job, creation, _ = await reported(server, server.bob)
    card = await posted(server, office)
    card = await decided(server, office, card, "Warn", why="no rude pictures")
    assert "**removed, with a warning** by" in card_text(card)
    assert card.attachments == []
    assert "Removed from the gallery" in server.text(job)
    assert card_buttons(server.card(job)) == ["Appeal"]
    [told] = inbox(alice)
    assert f"The moderators of Test removed your picture {creation.id}, and warn you.\nno rude" in card_text(told)
    modal = await alice.user.click(told, label="Appeal")
    assert "look at it again" in said(await alice.user.submit_modal(modal, {"words": "it was art"}))
    modal = await alice.user.click(told, label="Appeal")
    assert "appealed already" in said(await alice.user.submit_modal(modal, {"words": "really"}))
    appeal = await posted(server, office)
    assert "Its maker says: it was art" in card_text(appeal)
    appeal = await decided(server, office, appeal, "Remove", why="no")
    assert "refused your appeal" in card_text(max(inbox(alice), key=lambda each: each.id))


async def test_a_block_by_a_case_is_lifted_by_an_appeal(idle_server: Server, office: Any) -> None:
    server, alice = idle_server, idle_server.alice
    await server.atelier.kernel.settings.choose(alice.guild.id, cases_channel_id=office.id)
    await reported(server, server.bob)
    card = await posted(server, office)
    refused = await server.moderator.click(card, label="Block")
    assert "is no number of days" in said(await server.moderator.submit_modal(refused, {"days": "soon"}))
    card = await decided(server, office, card, "Block", why="rude", days="3")
    assert "**blocked** by" in card_text(card)
    assert "have blocked you" in said(await alice.slash(server.channel, "queue"))
    modal = await alice.user.click(inbox(alice)[0], label="Appeal")
    await alice.user.submit_modal(modal, {"words": "sorry"})
    await decided(server, office, await posted(server, office), "Approve")
    assert "blocked" not in said(await alice.slash(server.channel, "queue"))


async def test_what_is_held_is_let_through_by_a_moderator(idle_server: Server, office: Any) -> None:
    server = idle_server
    await server.atelier.kernel.settings.choose(server.alice.guild.id, cases_channel_id=office.id)
    job = await kept(server, safety=0.73, handling=Handling.HOLD)
    with server.env.time_context():
        await server.atelier.kernel.delivery.redraw(job.id)
    assert card_buttons(server.card(job)) == ["Appeal"]
    refused = await server.bob.click(server.card(job), label="Appeal")
    assert "Only the member who made" in said(await server.bob.submit_modal(refused, {"words": "please"}))
    card = await posted(server, office)
    assert "Held for review" in card_text(card)
    assert "score is 73%" in card_text(card)
    await decided(server, office, card, "Approve")
    assert len(await server.creations(job)) == 1
    assert len(server.card(job).attachments) == 1


async def test_only_moderators_decide_and_of_two_one_wins(idle_server: Server, office: Any) -> None:
    server = idle_server
    await server.atelier.kernel.settings.choose(server.alice.guild.id, cases_channel_id=office.id)
    await reported(server, server.bob)
    await reported(server, server.moderator)
    card = await posted(server, office)
    for member in (server.alice, server.bob):
        for label in ("Approve", "Remove", "Warn", "Block"):
            assert "Only this server's moderators" in said(await member.click(card, label=label))
    modal = await server.moderator.click(card, label="Remove")
    card_then = await decided(server, office, card, "Approve")
    assert "approved" in card_text(card_then)
    assert "decided already" in said(await server.moderator.submit_modal(modal, {"why": ""}))
    assert "approved" in card_text(now_shown(office, card))


@pytest.mark.parametrize("who", ["alice", "blocked"])
async def test_what_is_for_moderators_and_managers_is_refused_to_others(idle_server: Server, who: str) -> None:
    server, alice, bot = idle_server, idle_server.alice, idle_server.atelier
    await reported(server, server.bob)
    cases, _ = await bot.moderation.cases.log(alice.guild.id, 0, 0)
    channel = bot.client.get_partial_messageable(server.channel.id, guild_id=alice.guild.id)
    if who == "blocked":
        await block(server, alice)
    refusal = "have blocked you" if who == "blocked" else "Only th"
    with server.env.time_context():
        log = await channel.send(view=log_card(0, cases, is_first=False, has_older=True).view)
        purge = await channel.send(view=purge_card(server.bob.id, 0, 3).view)
        panel = await channel.send(view=safety_card(GuildSettings()).view)
    for label in ("Newest", "Older ▶"):
        assert refusal in said(await alice.click(log, label=label))
    assert refusal in said(await alice.select(log, [str(cases[0].id)], custom_id="case"))
    assert refusal in said(await alice.click(purge, label="Remove them"))
    assert refusal in said(await alice.select(panel, ["off"], custom_id="safety:safety"))
    assert refusal in said(await alice.select(panel, [server.channel], custom_id="choose:cases"))
    assert (await bot.kernel.settings.of_guild(alice.guild.id)) == GuildSettings()


async def test_who_takes_no_direct_messages_is_said_on_the_card(
    idle_server: Server, office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def closed(*_: Any, **__: Any) -> None:
        raise discord.Forbidden(Mock(status=403, reason="closed"), "Cannot send messages to this user")

    monkeypatch.setattr(discord.User, "send", closed)
    server = idle_server
    await server.atelier.kernel.settings.choose(server.alice.guild.id, cases_channel_id=office.id)
    await reported(server, server.bob)
    card = await decided(server, office, await posted(server, office), "Warn", why="")
    assert "so they were not told" in card_text(card)
