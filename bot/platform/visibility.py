"""Proves that everybody who can read one channel can read another, without a list of the people.

A list of members needs a privileged intent. Overwrites need none, and their order is fixed: see
https://discord.com/developers/docs/topics/permissions#permission-overwrites.
"""

import itertools
from dataclasses import dataclass

import discord


@dataclass(frozen=True, slots=True)
class Rules:
    """What a channel's overwrites say of a permission: True allows, False denies, by the id of a role or member."""

    everyone: bool | None
    roles: dict[int, bool]
    members: dict[int, bool]


def needed(channel: discord.abc.GuildChannel) -> tuple[str, ...]:
    """Return the permissions that reading a channel needs: the chat of a voice or stage channel needs Connect too."""
    is_vocal = isinstance(channel, discord.VoiceChannel | discord.StageChannel)
    return ("view_channel", "connect") if is_vocal else ("view_channel",)


def can_read(channel: discord.abc.GuildChannel, reader: discord.Member | discord.Role) -> bool:
    """Return whether a member, or a member with just this role, can read a channel."""
    permissions = channel.permissions_for(reader)
    return all(getattr(permissions, each) for each in needed(channel))


def can_everyone_read(channel: discord.abc.GuildChannel) -> bool:
    """Return whether a member without a role can read a channel."""
    return can_read(channel, channel.guild.default_role)


class Readers:
    """Everybody who can read a channel. Of voice channels it is all who can view them, which are no fewer."""

    def __init__(self, target: discord.abc.GuildChannel) -> None:
        self._guild = guild = target.guild
        self._rules = _rules(target, "view_channel")
        # Who is administrator reads every channel.
        self._permissions = {role.id: role.permissions for role in guild.roles if not role.permissions.administrator}

    def can_all_read(self, origin: discord.abc.GuildChannel) -> bool:
        """Return whether all of them can provably read another channel."""
        if self._guild.default_role.permissions.administrator:
            return True
        return all(self._have_all(permission, _rules(origin, permission)) for permission in needed(origin))

    def _have_all(self, permission: str, there: Rules) -> bool:
        """Return whether all of them provably have a permission in another channel.

        A member who views the target and lacks the permission is a counterexample. One with more than two roles stays
        one with two: the role that lets them into the target, and the role that keeps them out of the origin. So all
        pairs of roles are tried; roles of which all the same is said count once. Overwrites for single members can't be
        tried, because their roles aren't known; those that allow in the target must stand in the origin too, and those
        that deny in the origin must stand in the target.
        """
        here = self._rules
        if permission == "view_channel" and here == there:
            return True
        # The owner sees every channel, and the bot shows nothing to itself.
        exempt = (self._guild.owner_id, self._guild.me.id)
        let_in = {member for member, allowed in here.members.items() if allowed and member not in exempt}
        kept_out = {member for member, allowed in there.members.items() if not allowed and member not in exempt}
        if any(not there.members.get(member) for member in let_in):
            return False
        if any(here.members.get(member) is not False for member in kept_out):
            return False
        # Of each role: what overwrites say of it in the target and the origin, and what it has without them.
        kinds = {
            (here.roles.get(role), there.roles.get(role), has.view_channel, getattr(has, permission))
            for role, has in self._permissions.items()
        }
        everyone = self._permissions[self._guild.id]
        for one, two in itertools.combinations_with_replacement(kinds, 2):
            views = _has(here.everyone, (one[0], two[0]), one[2] or two[2] or everyone.view_channel)
            has = _has(there.everyone, (one[1], two[1]), one[3] or two[3] or getattr(everyone, permission))
            if views and not has:
                return False
        return True


def _rules(channel: discord.abc.GuildChannel, permission: str) -> Rules:
    everyone: bool | None = None
    roles: dict[int, bool] = {}
    members: dict[int, bool] = {}
    for subject, overwrite in channel.overwrites.items():
        allowed: bool | None = getattr(overwrite, permission)
        if allowed is None:
            continue
        if subject.id == channel.guild.id:
            everyone = allowed
        elif isinstance(subject, discord.Role) or getattr(subject, "type", None) is discord.Role:
            roles[subject.id] = allowed
        else:
            members[subject.id] = allowed
    return Rules(everyone, roles, members)


def _has(everyone: bool | None, roles: tuple[bool | None, bool | None], without: bool) -> bool:
    """Return whether who has two roles has a permission: what roles say counts before what is said of everyone."""
    if True in roles or False in roles:
        return True in roles
    return without if everyone is None else everyone
