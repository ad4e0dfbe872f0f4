"""Of two changes at once none is lost, and what a member presses is read once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import discord
import pytest
from sqlalchemy import event

from bot.challenges.models import Ballot, ChallengeKind, NewChallenge
from bot.challenges.store import ChallengeStore
from bot.config import Settings
from bot.core.clock import now
from bot.core.errors import UserError
from bot.core.safety_levels import Level
from bot.critiques.models import NewCritique
from bot.critiques.store import CritiqueStore
from bot.database.engine import create_database
from bot.database.states import ChallengeState
from bot.settings.guild_store import GuildStore
from bot.settings.member_store import MemberStore
from bot.settings.service import SettingsService
from tests.support.cards import card_text
from tests.support.challenges import hold, opened_ballot, picture
from tests.support.challenges import later as time_goes_on
from tests.support.clock import Clock
from tests.support.member_actions import kept
from tests.support.server import Server

pytestmark = pytest.mark.both_databases


@asynccontextmanager
async def two_bots(settings: Settings) -> AsyncIterator[tuple[SettingsService, SettingsService]]:
    """Yield the settings of one database as two processes see it, with a connection pool each."""
    databases = [create_database(settings.database) for _ in range(2)]
    first, second = (SettingsService(MemberStore(each), GuildStore(each)) for each in databases)
    yield first, second
    for each in databases:
        await each.dispose()


async def test_changes_of_a_members_preferences_are_all_kept(idle_server: Server, settings: Settings) -> None:
    wanted = {"count": 3, "aspect": "2:1", "model": "starter", "style": "dusk", "no_remix": True, "ask_first": True}
    async with two_bots(settings) as bots:
        changes = [bots[each % 2].prefer(7, **{name: wanted[name]}) for each, name in enumerate(wanted)]
        await asyncio.gather(*changes)
        kept = await bots[0].preferences(7)
    assert {name: getattr(kept, name) for name in wanted} == wanted


async def test_changes_of_a_servers_settings_are_all_kept(idle_server: Server, settings: Settings) -> None:
    guild_id = idle_server.alice.guild.id
    wanted = {
        "count": 3,
        "aspect": "2:1",
        "emojis": ("⭐", "🔥"),
        "keep_days": 9,
        "roles": (5, 6),
        "safety": Level.OFF,
    }
    async with two_bots(settings) as bots:
        changes = [bots[each % 2].choose(guild_id, **{name: wanted[name]}) for each, name in enumerate(wanted)]
        await asyncio.gather(*changes, *(bots[each % 2].give_quota(guild_id, each, 10, 25) for each in range(1, 5)))
        kept = await bots[0].of_guild(guild_id)
    assert {name: getattr(kept, name) for name in wanted} == wanted
    assert sorted(kept.role_pictures) == [(each, 10) for each in range(1, 5)]


async def test_what_is_turned_twice_at_once_is_as_it_was(idle_server: Server) -> None:
    desk = idle_server.atelier.kernel.settings
    before = (await desk.preferences(7)).no_remix
    await asyncio.gather(*(desk.toggle(7, "no_remix") for _ in range(4)))
    assert (await desk.preferences(7)).no_remix is before
    await desk.toggle(7, "no_remix")
    assert (await desk.preferences(7)).no_remix is not before


async def test_no_more_roles_than_may_be_get_a_number_of_their_own(idle_server: Server) -> None:
    desk, guild_id = idle_server.atelier.kernel.settings, idle_server.alice.guild.id
    given = await asyncio.gather(
        *(desk.give_quota(guild_id, each, 10, 2) for each in (1, 2, 3)), return_exceptions=True
    )
    assert sum(isinstance(each, UserError) for each in given) == 1
    assert len((await desk.of_guild(guild_id)).role_pictures) == 2
    kept = (await desk.of_guild(guild_id)).role_pictures[0][0]
    assert len((await desk.give_quota(guild_id, kept, 0, 2)).role_pictures) == 1


async def test_two_presses_of_grow_and_feather_both_count(studio: Server) -> None:
    await studio.inpaint()
    desk = studio.atelier.drafts.service
    draft = await desk.draft(1, studio.alice.id)
    added = iter([(0, 0), (159, 119)])

    def dotted(mask: Any) -> Any:
        mask = mask.copy()
        mask.putpixel(next(added), 255)
        return mask

    await asyncio.gather(desk.reshape(draft, dotted), desk.reshape(draft, dotted))
    await asyncio.gather(desk.feather(draft), desk.feather(draft))
    changed = await desk.draft(1, studio.alice.id)
    mask = await studio.atelier.kernel.files.picture(changed.mask_key)
    assert [mask.getpixel(point) for point in ((0, 0), (159, 119))] == [255, 255]
    assert changed.feather == 8


async def test_a_critique_marked_twice_at_once_is_as_it_was(idle_server: Server) -> None:
    server, guild_id = idle_server, idle_server.alice.guild.id
    [creation] = await server.creations(await kept(server))
    store = CritiqueStore(server.atelier.kernel.store._session.kw["bind"])
    await store.write(guild_id, NewCritique(creation.id, server.bob.id, "the light", ""))
    critique = await store.critique(creation.id, server.bob.id)
    assert critique
    await asyncio.gather(store.toggle_helpful(critique), store.toggle_helpful(critique))
    again = await store.critique(creation.id, server.bob.id)
    assert again
    assert not again.is_helpful
    await store.toggle_helpful(critique)
    again = await store.critique(creation.id, server.bob.id)
    assert again
    assert again.is_helpful


async def planned(server: Server) -> tuple[ChallengeStore, Any]:
    store = ChallengeStore(server.atelier.kernel.store._session.kw["bind"])
    begins = now()
    new = NewChallenge(
        guild_id=server.alice.guild.id,
        channel_id=server.channel.id,
        user_id=server.moderator.id,
        title="Autumn",
        theme="Everything golden",
        rules="",
        kind=ChallengeKind.PROMPT,
        ballot=Ballot.STARS,
        starts_at=begins,
        ends_at=begins + timedelta(hours=1),
        voting_ends_at=begins + timedelta(hours=2),
    )
    return store, await store.add(new)


async def test_extensions_of_a_challenge_at_once_all_count(idle_server: Server) -> None:
    store, challenge = await planned(idle_server)
    await asyncio.gather(
        *(idle_server.atelier.challenges.service.extend(challenge.guild_id, challenge.id, 1) for _ in range(3))
    )
    longer = await store.challenge(challenge.id)
    assert longer
    assert longer.ends_at == challenge.ends_at + timedelta(hours=3)
    assert longer.voting_ends_at == challenge.voting_ends_at + timedelta(hours=3)


async def test_a_challenge_that_was_extended_meanwhile_does_not_move_on(idle_server: Server) -> None:
    store, challenge = await planned(idle_server)
    assert await store.extend(challenge.id, timedelta(hours=1))
    assert not await store.move(challenge, ChallengeState.OPEN, voting_ends_at=challenge.voting_ends_at)
    await idle_server.atelier.challenges.service.cancel(challenge.guild_id, challenge.id, "rain")
    assert await store.extend(challenge.id, timedelta(hours=1)) is None
    with pytest.raises(UserError, match="ended already"):
        await idle_server.atelier.challenges.service.extend(challenge.guild_id, challenge.id, 1)


@pytest.mark.parametrize("ballot", ["stars", "pairs"])
async def test_a_vote_reads_its_ballot_once_and_shows_what_was_said(club: Server, clock: Clock, ballot: str) -> None:
    await hold(club, hours=1, ballot=ballot)
    for member in (club.alice, club.bob):
        creation = await picture(club, member=member)
        await member.slash(club.channel, "challenge enter", challenge=1, picture=creation.id)
    third = await picture(club, member=club.bob)
    store = ChallengeStore(club.atelier.kernel.store._session.kw["bind"])
    await store.enter(1, third.id, club.bob.id)
    await time_goes_on(club, clock, hours=1, minutes=1)
    card = await opened_ballot(club, club.moderator)
    read: list[str] = []
    tables = ("challenges", "entries JOIN", "votes JOIN")

    def ran(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        read.extend(table for table in tables if f"FROM {table}" in statement)

    buttons = [item.custom_id for item in _buttons(card) if item.custom_id.startswith(("star:", "prefer:"))]
    engine = club.atelier.kernel.store._session.kw["bind"].sync_engine
    event.listen(engine, "before_cursor_execute", ran)
    await club.moderator.click(card, custom_id=buttons[0])
    event.remove(engine, "before_cursor_execute", ran)
    assert sorted(read) == sorted(tables)
    [vote] = await store.votes(1)
    assert vote.user_id == club.moderator.id
    shown = seen_again(club, card)
    again = seen_again(club, await opened_ballot(club, club.moderator))
    assert card_text(shown) == card_text(again)
    assert [each.custom_id for each in _buttons(shown)] == [each.custom_id for each in _buttons(again)]
    assert [each.style for each in _buttons(shown)] == [each.style for each in _buttons(again)]


def seen_again(server: Server, card: Any) -> Any:
    return next(each for each in server.channel.history(viewer=server.moderator) if each.id == card.id)


def _buttons(card: Any) -> list[Any]:
    found, waiting = [], list(card.components)
    while waiting:
        item = waiting.pop(0)
        waiting += [*getattr(item, "children", []), *filter(None, [getattr(item, "accessory", None)])]
        if isinstance(item, discord.Button) or getattr(item, "custom_id", None):
            found.append(item)
    return found
