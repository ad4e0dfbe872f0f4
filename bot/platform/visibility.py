"""Proof that everybody who can read one channel can also read another, without the list of members.

The list of members needs a privileged intent. Roles and overwrites need none, and their precedence is documented:
https://discord.com/developers/docs/topics/permissions#permission-overwrites.
"""

import itertools
from dataclasses import dataclass

import discord


@dataclass(frozen=True, slots=True)
class PermissionOverwrites:
    """A channel's overwrites for one permission by role or member id: True allows, False denies."""

    everyone: bool | None
    roles: dict[int, bool]
    members: dict[int, bool]


def needed_permissions(channel: discord.abc.GuildChannel) -> tuple[str, ...]:
    """Return the permissions needed to read a channel; the chat of a voice or stage channel also needs Connect."""
    is_vocal = isinstance(channel, discord.VoiceChannel | discord.StageChannel)
    return ("view_channel", "connect") if is_vocal else ("view_channel",)


def can_read(channel: discord.abc.GuildChannel, reader: discord.Member | discord.Role) -> bool:
    """Return whether a member, or any member who has only this role, can read a channel."""
    permissions = channel.permissions_for(reader)
    return all(getattr(permissions, each) for each in needed_permissions(channel))


def can_everyone_read(channel: discord.abc.GuildChannel) -> bool:
    """Return whether a member without any role can read a channel."""
    return can_read(channel, channel.guild.default_role)


class Readers:
    """The readers of a channel; for voice channels all who can view it, a superset of the readers."""

    def __init__(self, target: discord.abc.GuildChannel) -> None:
        self._guild = guild = target.guild
        self._target = _overwrites(target, "view_channel")
        # Administrators read every channel, so their roles cannot be counterexamples.
        self._permissions = {role.id: role.permissions for role in guild.roles if not role.permissions.administrator}

    def can_all_read(self, origin: discord.abc.GuildChannel) -> bool:
        """Return whether all of these readers provably can read another channel; False if it cannot be proved."""
        if self._guild.default_role.permissions.administrator:
            return True
        return all(
            self._have_all(permission, _overwrites(origin, permission)) for permission in needed_permissions(origin)
        )

    def _have_all(self, permission: str, origin: PermissionOverwrites) -> bool:
        """Return whether all readers of the target provably have a permission in the origin.

        A counterexample is a member who can view the target and lacks the permission in the origin. If a member with
        more than two roles is a counterexample, so is one with two of them: the role that allows the target and the
        role that denies the origin. It therefore suffices to try all pairs of roles, with equal roles counted once.
        Overwrites for single members cannot be tried, because the roles of those members are unknown. So a member
        overwrite that allows the target must also be in the origin, and one that denies the origin must also be in
        the target.
        """
        target = self._target
        if permission == "view_channel" and target == origin:
            return True
        # The owner reads every channel, and the bot is not a reader.
        exempt = (self._guild.owner_id, self._guild.me.id)
        allowed_members = {member for member, allowed in target.members.items() if allowed and member not in exempt}
        denied_members = {member for member, allowed in origin.members.items() if not allowed and member not in exempt}
        if any(not origin.members.get(member) for member in allowed_members):
            return False
        if any(target.members.get(member) is not False for member in denied_members):
            return False
        # For each role: its overwrites in the target and the origin, and its own view and other permission.
        kinds = {
            (target.roles.get(role), origin.roles.get(role), has.view_channel, getattr(has, permission))
            for role, has in self._permissions.items()
        }
        everyone = self._permissions[self._guild.id]
        for one, two in itertools.combinations_with_replacement(kinds, 2):
            views = _is_granted(target.everyone, (one[0], two[0]), one[2] or two[2] or everyone.view_channel)
            has = _is_granted(origin.everyone, (one[1], two[1]), one[3] or two[3] or getattr(everyone, permission))
            if views and not has:
                return False
        return True


def _overwrites(channel: discord.abc.GuildChannel, permission: str) -> PermissionOverwrites:
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
    return PermissionOverwrites(everyone, roles, members)


def _is_granted(everyone: bool | None, roles: tuple[bool | None, bool | None], default: bool) -> bool:
    """Return whether a member with two roles has a permission.

    Overwrites of roles take precedence over the overwrite for everyone, and an allow over a deny; `default` is the
    permission without overwrites.
    """
    if True in roles or False in roles:
        return True in roles
    return default if everyone is None else everyone
