"""Whether everybody who can view one channel can view another, as overwrites prove it."""

import itertools
import random
from typing import Any

import discord
import pytest

from bot.platform.visibility import Readers, can_everyone_read
from tests.support.server import Server

VIEW = {True: discord.PermissionOverwrite(view_channel=True), False: discord.PermissionOverwrite(view_channel=False)}
SAID = (None, None, True, False)


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_proved_holds_for_every_member(idle_server: Server, seed: int) -> None:
    """Discord's own order of overwrites, as discord.py has it, is asked for each member with each set of roles."""
    server, chance = idle_server, random.Random(seed)
    guild = server.alice.guild

    def permissions() -> discord.Permissions:
        return discord.Permissions(view_channel=chance.random() < 0.5, connect=chance.random() < 0.5)

    await guild_of(server).default_role.edit(permissions=permissions())
    roles = [guild.create_role(f"role {n}", permissions=permissions()) for n in range(3)]
    boss = guild.create_role("boss", permissions=discord.Permissions(administrator=True))
    members = [
        guild.add_member(server.env.create_user(f"member {n}"), roles=list(chosen))
        for n, chosen in enumerate(every_set([*roles, boss]))
    ]
    people = [await guild_of(server).fetch_member(each.id) for each in members]
    subjects = [*(role for role in guild_of(server).roles if role.name != "boss"), people[1], people[2]]
    for n in range(12):
        made = (guild.create_voice_channel if n % 3 == 0 else guild.create_text_channel)(f"channel {n}")
        overwrites = {
            each: discord.PermissionOverwrite(view_channel=chance.choice(SAID), connect=chance.choice(SAID))
            for each in subjects
            if chance.random() < 0.4
        }
        await channel_of(server, made).edit(overwrites=overwrites)
    channels = [each for each in guild_of(server).channels if each.name.startswith("channel")]
    proved = 0
    for target, origin in itertools.permutations(channels, 2):
        if Readers(target).can_all_read(origin):
            proved += 1
            for person in people:
                assert reads(origin, person) or not reads(target, person), (target.name, origin.name)
    assert 0 < proved < 132


def reads(channel: discord.abc.GuildChannel, person: discord.Member) -> bool:
    """Return what Discord's clients go by: the chat of a voice channel opens to who may connect to it."""
    permissions = channel.permissions_for(person)
    return permissions.view_channel and (channel.type is discord.ChannelType.text or permissions.connect)


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
    assert Readers(named["attic"]).can_all_read(named["hall"])
    assert Readers(named["attic"]).can_all_read(named["attic too"])
    assert Readers(named["hall"]).can_all_read(named["guests"])
    for target, origin in (
        ("hall", "attic"),
        ("guests", "hall"),
        ("studio", "hall"),
        ("attic", "no inner"),
        ("hall", "no inner"),
    ):
        assert not Readers(named[target]).can_all_read(named[origin]), (target, origin)
    assert can_everyone_read(named["studio"])
    assert not can_everyone_read(named["hall"])


def channel_of(server: Server, made: Any) -> Any:
    return guild_of(server).get_channel(made.id)


def guild_of(server: Server) -> discord.Guild:
    found = server.atelier.client.get_guild(server.alice.guild.id)
    assert found
    return found


def every_set(roles: list[Any]) -> list[tuple[Any, ...]]:
    return [chosen for count in range(len(roles) + 1) for chosen in itertools.combinations(roles, count)]
