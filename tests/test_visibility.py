"""Whether everybody who can view one channel can view another, as overwrites prove it."""

import itertools
import random
from typing import Any

import discord
import pytest

from bot.platform.visibility import can_everyone_view, is_covered
from tests.conftest import Server

VIEW = {True: discord.PermissionOverwrite(view_channel=True), False: discord.PermissionOverwrite(view_channel=False)}


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_proved_holds_for_every_member(idle_server: Server, seed: int) -> None:
    """Discord's own order of overwrites, as discord.py has it, is asked for each member with each set of roles."""
    server, chance = idle_server, random.Random(seed)
    guild = server.alice.guild
    everyone_views = chance.random() < 0.5
    await guild_of(server).default_role.edit(permissions=discord.Permissions(view_channel=everyone_views))
    roles = [
        guild.create_role(f"role {n}", permissions=discord.Permissions(view_channel=chance.random() < 0.5))
        for n in range(3)
    ]
    boss = guild.create_role("boss", permissions=discord.Permissions(administrator=True))
    members = [
        guild.add_member(server.env.create_user(f"member {n}"), roles=list(chosen))
        for n, chosen in enumerate(every_set([*roles, boss]))
    ]
    subjects = [guild.roles["@everyone"], *roles, members[1], members[2]]
    for n in range(10):
        overwrites = {each: VIEW[chance.random() < 0.5] for each in subjects if chance.random() < 0.4}
        guild.create_text_channel(f"channel {n}", overwrites=overwrites)
    people = [await guild_of(server).fetch_member(each.id) for each in members]
    channels = [each for each in guild_of(server).channels if each.name.startswith("channel")]
    proved = 0
    for target, origin in itertools.permutations(channels, 2):
        if is_covered(target, origin):
            proved += 1
            for person in people:
                seen = target.permissions_for(person).view_channel
                assert origin.permissions_for(person).view_channel or not seen, (target.name, origin.name)
    assert 0 < proved < 90


async def test_roles_prove_what_they_let_in(idle_server: Server) -> None:
    """A club's room is seen by all of its inner circle; the inner circle's is not seen by all of the club."""
    guild = idle_server.alice.guild
    everyone, club, inner = guild.roles["@everyone"], guild.create_role("club"), guild.create_role("inner")
    channels: dict[str, dict[Any, discord.PermissionOverwrite]] = {
        "hall": {everyone: VIEW[False], club: VIEW[True], inner: VIEW[True]},
        "attic": {everyone: VIEW[False], inner: VIEW[True]},
        "attic too": {everyone: VIEW[False], inner: VIEW[True]},
        "guests": {everyone: VIEW[False], club: VIEW[True], inner: VIEW[True], idle_server.bob: VIEW[True]},
        "no inner": {everyone: VIEW[False], club: VIEW[True], inner: VIEW[False]},
    }
    for name, overwrites in channels.items():
        guild.create_text_channel(name, overwrites=overwrites)
    named = {each.name: each for each in guild_of(idle_server).channels}
    assert is_covered(named["attic"], named["hall"])
    assert is_covered(named["attic"], named["attic too"])
    assert is_covered(named["hall"], named["guests"])
    for target, origin in (
        ("hall", "attic"),
        ("guests", "hall"),
        ("studio", "hall"),
        ("attic", "no inner"),
        ("hall", "no inner"),
    ):
        assert not is_covered(named[target], named[origin]), (target, origin)
    assert can_everyone_view(named["studio"])
    assert not can_everyone_view(named["hall"])


def guild_of(server: Server) -> discord.Guild:
    found = server.atelier.client.get_guild(server.alice.guild.id)
    assert found
    return found


def every_set(roles: list[Any]) -> list[tuple[Any, ...]]:
    return [chosen for count in range(len(roles) + 1) for chosen in itertools.combinations(roles, count)]
