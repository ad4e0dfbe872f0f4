"""What becomes of pictures that may not be fit to be shown, coming in and going out."""

import math
from typing import Any

import discord
import pytest

from bot.core import safety_levels as safety
from bot.core.errors import UserError
from bot.core.safety_levels import ChannelThresholds, Handling, Level
from bot.database.states import JobStatus
from bot.gallery.models import Browsing, GalleryView
from bot.jobs.models import Job
from engine.api.messages import Ready
from tests.support.cards import card_buttons, card_text
from tests.support.images import meadow, png
from tests.support.member_actions import imagined, kept, seen_by, viewer
from tests.support.server import Server
from tests.support.waiting import eventually


def spoilers(message: Any) -> list[bool]:
    """Return of each picture of a card whether it is a spoiler."""
    parts = [part for item in message.components for part in item.to_dict()["components"]]
    return [each["spoiler"] for part in parts for each in part.get("items", ())]


async def redrawn(server: Server, job: Job) -> Any:
    """Return the card of a job, drawn anew."""
    with server.env.time_context():
        await server.atelier.kernel.delivery.redraw(job.id)
    return server.card(job)


@pytest.fixture
def adults(idle_server: Server, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An age-restricted channel."""
    channel = idle_server.alice.guild.create_text_channel("adults")
    # SimCord's channels can't be age-restricted.
    monkeypatch.setattr(discord.TextChannel, "is_nsfw", lambda each: each.id == channel.id)
    return channel


async def panel(server: Server, member: Any) -> Any:
    own = seen_by(server, member, await member.slash(server.channel, "settings"))
    servers = seen_by(server, member, await member.click(own, label="The server's settings"))
    return seen_by(server, member, await member.click(servers, label="What passes here, and moderation"))


@pytest.mark.parametrize(("score", "handling"), [(0.1, Handling.NOTHING), (0.5, Handling.HOLD), (0.9, Handling.HOLD)])
def test_a_rule_says_what_is_done(score: float, handling: Handling) -> None:
    assert ChannelThresholds(0.5, 0.5, Handling.HOLD).handling_of(score) is handling


def test_what_only_an_age_restricted_channel_lets_pass_is_a_spoiler_elsewhere() -> None:
    rule = ChannelThresholds(math.inf, 0.5, Handling.BLOCK)
    assert rule.allows(0.9)
    assert [rule.handling_of(score) for score in (0.4, 0.6)] == [Handling.NOTHING, Handling.SPOILER]


async def test_managers_choose_what_passes(idle_server: Server, adults: Any) -> None:
    server, owner = idle_server, idle_server.moderator
    shown = await panel(server, owner)
    for name, value in (("safety", "strict"), ("safety_restricted", "lenient"), ("handling", "spoiler")):
        await owner.select(shown, [value], custom_id=f"safety:{name}")
    await owner.select(shown, ["90"], custom_id="safety:keep_days")
    settings = await server.atelier.kernel.settings.of_guild(owner.guild.id)
    assert (settings.safety, settings.safety_restricted) == (Level.STRICT, Level.LENIENT)
    assert (settings.handling, settings.keep_days) == (Handling.SPOILER, 90)
    for channel, rule in (
        (server.channel, ChannelThresholds(0.2, 0.2, Handling.SPOILER)),
        (adults, ChannelThresholds(0.8, 0.2, Handling.SPOILER)),
    ):
        server.channel = channel
        assert await server.atelier.kernel.safety.rule(await kept(server)) == rule


async def test_what_is_held_is_found_nowhere(idle_server: Server) -> None:
    server, bob, atelier = idle_server, idle_server.bob, idle_server.atelier
    shown = await kept(server, prompt="a fox")
    held = await kept(server, prompt="a fox", handling=Handling.HOLD)
    [creation] = await atelier.kernel.creations.held_of(held.id)
    [parent] = await server.creations(shown)
    assert await server.creations(held) == []
    browsing = atelier.gallery.browsing
    await atelier.kernel.creations.toggle_favourite(bob.id, creation.id)
    views = [
        *(Browsing(view) for view in GalleryView if view is not GalleryView.FAVOURITES),
        Browsing(GalleryView.NEWEST, words="fox"),
    ]
    for each in views:
        page = await browsing.page(bob.guild.id, each, viewer(server, bob))
        assert {found.id for found in page.creations} == {parent.id}
    favourites = await browsing.page(
        bob.guild.id, Browsing(GalleryView.FAVOURITES, user_id=bob.id), viewer(server, bob)
    )
    assert favourites.creations == ()
    assert "no longer" in (await bob.slash(server.channel, "show", number=creation.id)).response.content
    with pytest.raises(UserError, match="no longer"):
        await atelier.kernel.creations.visible_creation(bob.guild.id, creation.id, viewer(server, bob))
    card = await redrawn(server, held)
    assert "1 picture is held for review" in card_text(card)
    assert card.attachments == []
    assert "Reroll" not in card_buttons(card)


async def test_spoilers_stay_spoilers_but_where_all_may_see_them(idle_server: Server, adults: Any) -> None:
    server = idle_server
    job = await kept(server, safety=0.9, handling=Handling.SPOILER)
    [creation] = await server.creations(job)
    assert spoilers(await redrawn(server, job)) == [True]
    again = await server.bob.slash(server.channel, "show", number=creation.id)
    assert spoilers(seen_by(server, server.bob, again)) == [True]
    assert spoilers(seen_by(server, server.bob, await server.bob.slash(server.channel, "gallery browse"))) == [True]
    server.channel = adults
    job = await kept(server, safety=0.9, handling=Handling.SPOILER)
    assert spoilers(await redrawn(server, job)) == [False]


@pytest.mark.parametrize("handling", [Handling.BLOCK, Handling.SPOILER, Handling.HOLD])
async def test_what_comes_out_is_judged(server: Server, handling: Handling, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(safety.LIMITS, Level.STRICT, 1e-9)
    await server.atelier.kernel.settings.choose(server.alice.guild.id, safety=Level.STRICT, handling=handling)
    job = await imagined(server, count=1)
    held = await server.atelier.kernel.creations.held_of(job.id)
    creations = await server.creations(job)
    match handling:
        case Handling.BLOCK:
            assert (job.status, creations, held) == (JobStatus.FAILED, [], [])
            assert "isn't fit for this channel, so it isn't shown" in server.text(job)
        case Handling.SPOILER:
            assert [each.is_spoiler for each in creations] == [True]
            assert spoilers(server.card(job)) == [True]
        case _:
            assert creations == []
            assert 0 < held[0].safety < 1
            assert "held for review" in server.text(job)
            assert server.card(job).attachments == []


async def test_what_comes_in_is_judged_before_anything_is_painted(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def score(_image: bytes) -> float:
        return 0.7

    guild_id = server.alice.guild.id
    await eventually(lambda: isinstance(server.atelier.kernel.engine.state, Ready))
    assert 0 <= await server.atelier.kernel.engine.score(png(meadow())) < 0.2
    monkeypatch.setattr(server.atelier.kernel.engine, "score", score)
    await server.inpaint()
    job = await server.shown(await server.job())
    [held] = await server.atelier.kernel.creations.held_of(job.id)
    assert held.safety == 0.7
    await server.atelier.kernel.settings.choose(guild_id, handling=Handling.BLOCK)
    await server.inpaint()
    [refused] = [each for each in await server.jobs() if each.id != job.id]
    refused = await server.shown(refused)
    assert refused.status is JobStatus.FAILED
    assert "The picture that you gave isn't fit" in server.text(refused)
