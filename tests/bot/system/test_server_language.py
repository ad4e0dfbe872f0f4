"""What others read too is in their server's language, whoever pressed: here French members, in a German server."""

from collections.abc import Iterator
from typing import Any

import discord
import pytest
import simcord.interactions
from babel.messages.pofile import read_po

from bot.core.i18n import CATALOGUES, N_, _, note, say_notes, use_language
from bot.creations.models import NewCreation
from bot.jobs.models import Job
from bot.settings.models import STAR
from engine.api.messages import Ready
from tests.support.cards import card_text
from tests.support.clock import Clock
from tests.support.critiques import criticised
from tests.support.digests import monday
from tests.support.drafts import begun
from tests.support.images import ellipse, meadow, png
from tests.support.member_actions import kept, seen_by
from tests.support.moderation import inbox, posted
from tests.support.server import Server
from tests.support.world import WORLD

REMOVED = N_("Removed from the gallery.")


@pytest.fixture(autouse=True)
def french(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members whose Discord is in French; SimCord's are all American."""
    built = simcord.interactions.base_payload

    def base_payload(*arguments: Any, **options: Any) -> Any:
        record, payload = built(*arguments, **options)
        return record, payload | {"locale": "fr", "guild_locale": "de"}

    monkeypatch.setattr(simcord.interactions, "base_payload", base_payload)


async def germanised(server: Server) -> Server:
    guild = server.atelier.client.get_guild(server.alice.guild.id)
    assert guild
    await guild.edit(preferred_locale=discord.Locale.german)
    return server


@pytest.fixture
async def idle_server(idle_server: Server) -> Server:
    return await germanised(idle_server)


@pytest.fixture
async def club(club: Server) -> Server:
    return await germanised(club)


@pytest.fixture
async def studio(studio: Server) -> Server:
    return await germanised(studio)


def _plain_sentences(language: str) -> Iterator[str]:
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        for message in read_po(file, locale=language):
            if isinstance(message.id, str) and isinstance(message.string, str) and "{" not in message.id:
                yield message.string


FRENCH = {text for text in _plain_sentences("fr") if len(text) > 8} - {*_plain_sentences("de")}


def words_of(message: Any) -> str:
    return str([item.to_dict() for item in message.components])


def assert_german(message: Any, sentence: str = "", **values: object) -> None:
    """Check that a message has a sentence in German, and none of the catalogue's in French."""
    with use_language("de"):
        german = _(sentence, **values)
    text = f"{words_of(message)}{card_text(message)}"
    assert german in text
    assert german != sentence or not sentence
    assert [each for each in FRENCH if each in text] == []


def message(server: Server, number: int) -> Any:
    return next(each for each in server.messages() if each.id == number)


async def shown(server: Server, job: Job) -> Any:
    [creation] = await server.creations(job)
    answer = await server.bob.slash(server.channel, "show", number=creation.id)
    return message(server, answer.response.id)


async def test_a_picture_shown_again_and_what_it_says_once_it_is_removed(idle_server: Server) -> None:
    server, alice = idle_server, idle_server.alice
    job = await kept(server)
    [creation] = await server.creations(job)
    card = await shown(server, job)
    assert_german(card)
    asked = seen_by(server, alice, await pick_from(alice, card, creation.id, "remove"))
    with use_language("fr"):
        assert _("Delete it") in words_of(asked)
    await alice.click(asked, custom_id=f"remove:{creation.id}")
    assert_german(message(server, card.id), REMOVED)
    assert_german(server.card(job), REMOVED)


async def pick_from(member: Any, card: Any, creation_id: int, action: str) -> Any:
    return await member.select(card, [action], custom_id=f"more:{creation_id}")


async def test_a_cross_removes_in_the_servers_language(idle_server: Server) -> None:
    server = idle_server
    job = await kept(server)
    card = await shown(server, job)
    await server.alice.react(server.card(job), "❌")
    assert_german(message(server, card.id), REMOVED)
    assert_german(server.card(job), REMOVED)


async def test_a_report_is_withdrawn_when_its_member_is_forgotten(idle_server: Server) -> None:
    server = idle_server
    office = server.alice.guild.create_text_channel("office")
    await server.atelier.kernel.settings.choose(server.alice.guild.id, cases_channel_id=office.id)
    job = await kept(server)
    [creation] = await server.creations(job)
    menu = await pick_from(server.bob, await shown(server, job), creation.id, "report")
    await server.bob.submit_modal(menu, {"words": "it is rude"})
    card = await posted(server, office)
    assert_german(card, "Report")
    forget = seen_by(server, server.bob, await server.bob.slash(server.channel, "privacy delete"))
    await server.bob.click(forget, custom_id="privacy:delete")
    [left] = office.history()
    assert_german(left, "Withdrawn.")


async def test_a_member_forgotten_leaves_cards_in_the_servers_language(idle_server: Server) -> None:
    server = idle_server
    job = await kept(server)
    card = await shown(server, job)
    forget = seen_by(server, server.alice, await server.alice.slash(server.channel, "privacy delete"))
    await server.alice.click(forget, custom_id="privacy:delete")
    assert_german(message(server, card.id), REMOVED)
    assert_german(server.card(job), "Removed at the wish of whoever made it.")


async def test_a_decision_is_told_in_the_servers_language(idle_server: Server) -> None:
    server, alice = idle_server, idle_server.alice
    office = alice.guild.create_text_channel("office")
    await server.atelier.kernel.settings.choose(alice.guild.id, cases_channel_id=office.id)
    job = await kept(server)
    [creation] = await server.creations(job)
    menu = await pick_from(server.bob, await shown(server, job), creation.id, "report")
    await server.bob.submit_modal(menu, {"words": "it is rude"})
    card = await posted(server, office)
    modal = await server.moderator.click(card, custom_id="case:1:remove")
    await server.moderator.submit_modal(modal, {"why": "no"})
    [case], [told] = office.history(), inbox(alice)
    assert_german(case, "removed")
    assert_german(told, "The moderators of {server} removed your picture {number}.", server="Test", number=creation.id)
    assert_german(server.card(job), REMOVED)


async def test_a_critique_is_told_in_the_servers_language(idle_server: Server) -> None:
    server = idle_server
    await kept(server)
    await server.atelier.kernel.settings.prefer(server.alice.id, critiques=True)
    await criticised(server, server.bob)
    [told] = inbox(server.alice)
    assert_german(told, "**Works:**")


async def test_leave_to_go_on_is_asked_and_given_in_the_servers_language(idle_server: Server) -> None:
    server = idle_server
    job = await kept(server)
    [creation] = await server.creations(job)
    await server.atelier.kernel.settings.prefer(server.alice.id, ask_first=True)
    asked = await pick_from(server.bob, await shown(server, job), creation.id, "strong")
    card = message(server, asked.response.id)
    members = {"maker": f"<@{server.alice.id}>", "member": f"<@{server.bob.id}>", "number": creation.id}
    assert_german(card, "{maker}, {member} would like to go on from your picture {number}.", **members)
    await server.alice.click(card, custom_id=f"permit:{creation.id}:{server.bob.id}:allow")
    given = "{member} may go on from picture {number} by {maker}; press again."
    assert_german(message(server, card.id), given, **members)


async def test_a_challenge_is_announced_and_closed_in_the_servers_language(club: Server, clock: Clock) -> None:
    title = "Automne"
    await club.moderator.slash(club.channel, "challenge create", title=title, theme="Everything", hours=1)
    for member in (club.alice, club.bob):
        [creation] = await club.creations(await kept(club, member=member))
        await member.slash(club.channel, "challenge enter", challenge=1, picture=creation.id)
    for _rest in range(3):
        with club.env.time_context():
            await club.atelier.challenges.scheduler.advance()
        clock.ahead += clock.ahead.resolution * 25 * 3600 * 10**6
    challenge, podium = [each for each in club.channel.history() if title in card_text(each)]
    assert_german(min(challenge, podium, key=lambda each: each.id))
    assert_german(max(challenge, podium, key=lambda each: each.id), "Results: {title}", title=title)


async def test_showcase_and_digest_are_in_the_servers_language(club: Server, clock: Clock) -> None:
    guild = club.alice.guild
    showcase, weekly = (guild.create_text_channel(name) for name in ("showcase", "weekly"))
    chosen = {"showcase_channel_id": showcase.id, "showcase_from": 1, "digest_channel_id": weekly.id}
    await club.atelier.kernel.settings.choose(guild.id, **chosen)
    jobs = [await kept(club) for _rest in range(3)]
    with club.env.time_context():
        await club.atelier.digest.service.advance()
    await club.bob.react(club.card(jobs[0]), STAR)
    [credit] = showcase.history()
    link = jobs[0].place.link
    credited = "{star} **{score}** · by {member} · [where it was made]({link})"
    assert_german(credit, credited, star=STAR, score=1, member=f"<@{club.alice.id}>", link=link)
    await monday(club, clock)
    [sheet] = weekly.history()
    assert_german(sheet, "The best of the week")


async def test_a_draft_is_in_its_members_language_and_its_job_in_the_servers(studio: Server) -> None:
    studio.atelier.kernel.engine.state = Ready("starter", "cpu", "fp32", 128, world=WORLD)
    mask = ("mask.png", png(ellipse().resize((320, 240))))
    draft = await begun(studio, prompt="a zebra", mask=mask)
    resized = "The mask was resized from {size} to the picture's size."
    with use_language("fr"):
        assert _(resized, size="320 × 240") in card_text(draft)
        assert _(REMARK, **REMARKED).split("zebra")[0] in card_text(draft)
        go = _("Go")
    before = {each.id for each in studio.messages()}
    await studio.alice.click(draft, label=go)
    [handed_in] = [each for each in studio.messages() if each.id not in before]
    assert_german(handed_in, "Handing in…")
    job = await studio.job()
    started = await studio.atelier.kernel.store.start_job(job.id)
    assert started
    await studio.atelier.kernel.store.finish_job(started, [await _painted(studio)])
    with studio.env.time_context():
        await studio.atelier.kernel.delivery.deliver(job.id)
    assert_german(studio.card(job), resized, size="320 × 240")
    with use_language("de"):
        assert _(REMARK, **REMARKED).split("zebra")[0] in card_text(studio.card(job))


REMARK = N_(
    "The small model in use doesn't know {words}. It paints {count} things, such as {examples}: `/help` shows them "
    "all. For everything else, the server's owner can set ATELIER_MODEL to a full model."
)
REMARKED = {"words": "“zebra”", "count": 0, "examples": ""}


async def _painted(server: Server) -> NewCreation:
    return NewCreation(await server.atelier.kernel.files.put(png(meadow())), 1, "starter", 160, 120)


async def test_a_note_is_kept_in_no_language(idle_server: Server) -> None:
    kept_note = note(REMOVED)
    both = f"{kept_note}\nFound by colours."
    with use_language("de"):
        assert say_notes(both) == f"{_(REMOVED)}\nFound by colours."
    assert say_notes(both) == f"{REMOVED}\nFound by colours."
    assert say_notes("") == ""
