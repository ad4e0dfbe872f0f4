"""Proves that everybody who can view one channel can view another, without a list of the people.

A list of members needs a privileged intent. Overwrites need none, and their order is fixed: see
https://discord.com/developers/docs/topics/permissions#permission-overwrites.
"""

from collections.abc import Collection
from dataclasses import dataclass

import discord


@dataclass(frozen=True, slots=True)
class ViewRules:
    """What a channel's overwrites say of View Channel: True allows, False denies, by the id of a role or member."""

    everyone: bool | None
    roles: dict[int, bool]
    members: dict[int, bool]


def can_everyone_view(channel: discord.abc.GuildChannel) -> bool:
    """Return whether a member without a role can view a channel."""
    return channel.permissions_for(channel.guild.default_role).view_channel


def is_covered(target: discord.abc.GuildChannel, origin: discord.abc.GuildChannel) -> bool:
    """Return whether everybody who can view `target` can provably view `origin`.

    A member who views the target but not the origin is a counterexample, and one with more than two roles stays one
    with two: the role that lets them into the target, and the role that keeps them out of the origin. So all such pairs
    are tried. Overwrites for single members can't be tried, because their roles aren't known; those of the target must
    stand in the origin too, and those that deny in the origin must stand in the target.
    """
    guild, into, out_of = target.guild, _rules(target), _rules(origin)
    if into == out_of:
        return True
    # The owner sees every channel, and the bot shows nothing to itself.
    exempt = (guild.owner_id, guild.me.id)
    let_in = {member for member, allowed in into.members.items() if allowed and member not in exempt}
    kept_out = {member for member, allowed in out_of.members.items() if not allowed and member not in exempt}
    if any(not out_of.members.get(member) for member in let_in):
        return False
    if any(into.members.get(member) is not False for member in kept_out):
        return False
    doors = [role for role, allowed in into.roles.items() if allowed]
    if into.everyone is None:
        doors += [role.id for role in guild.roles if role.permissions.view_channel and role.id not in into.roles]
    walls = [role for role, allowed in out_of.roles.items() if not allowed]
    pairs = ([door, wall] for door in (None, *doors) for wall in (None, *walls))
    members = ([role for role in pair if role is not None] for pair in pairs)
    return all(_views(guild, out_of, roles) for roles in members if _views(guild, into, roles))


def _rules(channel: discord.abc.GuildChannel) -> ViewRules:
    everyone: bool | None = None
    roles: dict[int, bool] = {}
    members: dict[int, bool] = {}
    for subject, overwrite in channel.overwrites.items():
        allowed = overwrite.view_channel
        if allowed is None:
            continue
        if subject.id == channel.guild.id:
            everyone = allowed
        elif isinstance(subject, discord.Role) or getattr(subject, "type", None) is discord.Role:
            roles[subject.id] = allowed
        else:
            members[subject.id] = allowed
    return ViewRules(everyone, roles, members)


def _views(guild: discord.Guild, rules: ViewRules, role_ids: Collection[int]) -> bool:
    """Return whether a member with just these roles can view a channel."""
    roles = [role for role_id in role_ids if (role := guild.get_role(role_id))]
    base = [role.permissions for role in (guild.default_role, *roles)]
    if any(permissions.administrator for permissions in base):
        return True
    said = {rules.roles[role_id] for role_id in role_ids if role_id in rules.roles}
    if said:
        return True in said
    if rules.everyone is not None:
        return rules.everyone
    return any(permissions.view_channel for permissions in base)
