"""The audiences of Discord's answers, posts and pages, as the gateway's cache knows the channels now."""

from collections.abc import Callable, Container, Iterable
from dataclasses import replace
from typing import Any

import discord

from bot.core.audience import NOBODY, Audience, Origin
from bot.platform.visibility import Readers, can_everyone_read, can_read

Interaction = discord.Interaction[Any]


def is_personal(interaction: Interaction) -> bool:
    """Return whether an interaction is about the member's own gallery, not about a server's.

    It is in direct messages, and in a server where only this member has installed Atelier.
    """
    is_theirs = interaction.is_user_integration() and not interaction.is_guild_integration()
    return interaction.guild_id is None or is_theirs


def is_restricted(channel: Any) -> bool:
    """Return whether a channel or thread is age-restricted; None and direct messages are not."""
    return bool(getattr(channel, "is_nsfw", bool)())


def origin_of(interaction: Interaction) -> Origin:
    """Return the origin of what is made where an interaction stands."""
    return Origin(_here(interaction), is_restricted(interaction.channel))


def viewer_of(interaction: Interaction) -> Audience:
    """Return the audience of an answer that only the member reads: the channels that they can view now."""
    member, guild, here = interaction.user, interaction.guild, _here(interaction)
    is_adult = is_restricted(interaction.channel)
    if guild is None or is_personal(interaction) or not isinstance(member, discord.Member):
        return Audience(here, is_adult=is_adult, user_id=member.id, known=frozenset({interaction.channel_id or 0}))
    found = _audience(guild, lambda channel: can_read(channel, member), here)
    return replace(found, is_adult=is_adult, user_id=member.id)


def readers_of(interaction: Interaction) -> Audience:
    """Return the audience of an answer that everybody in the channel reads."""
    channel = interaction.channel
    if _is_with_the_bot(interaction):
        return Audience(frozenset(), user_id=interaction.user.id, known=frozenset({interaction.channel_id or 0}))
    if interaction.guild is None or channel is None or is_personal(interaction):
        return Audience(_here(interaction), is_adult=is_restricted(channel))
    return _readers(interaction.guild, channel, _here(interaction))


def member_of_pages(guild: discord.Guild, member: discord.Member) -> Audience:
    """Return the audience of a page that a member of a server opens."""
    found = _audience(guild, lambda channel: can_read(channel, member))
    return replace(found, user_id=member.id, is_outside=True)


def public_of_pages(guild: discord.Guild) -> Audience:
    """Return the audience of a page that anybody may open: it sees nothing of an age-restricted server."""
    if guild.nsfw_level in (discord.NSFWLevel.explicit, discord.NSFWLevel.age_restricted):
        return Audience(frozenset(), is_outside=True)
    return replace(_audience(guild, can_everyone_read), is_outside=True)


class Audiences:
    """The audiences of the bot's own posts."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def readers(self, guild_id: int, channel_id: int) -> Audience:
        """Return the audience of a post; where the channel can't be had, nothing of a server may be shown in it."""
        guild = self._client.get_guild(guild_id)
        if guild is None:
            return NOBODY
        channel = guild.get_channel_or_thread(channel_id)
        if channel is None:
            try:
                # An archived thread is in no cache.
                channel = await guild.fetch_channel(channel_id)
            except (discord.NotFound, discord.Forbidden):
                return NOBODY
        return _readers(guild, channel, _scope(channel))


def _is_with_the_bot(interaction: Interaction) -> bool:
    """Return whether an interaction stands in a direct message that its member alone reads, with the bot.

    Who has installed Atelier for themselves uses it in direct messages with others too.
    """
    return isinstance(interaction.channel, discord.DMChannel) and not interaction.context.private_channel


def _here(interaction: Interaction) -> frozenset[int]:
    """Return the channel that an interaction stands in, as an origin names it."""
    channel = interaction.channel
    if interaction.channel_id is None or _is_with_the_bot(interaction):
        return frozenset()
    return _scope(channel) if channel else frozenset({interaction.channel_id})


def _scope(channel: Any) -> frozenset[int]:
    is_public_thread = isinstance(channel, discord.Thread) and not channel.is_private()
    return frozenset({channel.parent_id if is_public_thread else channel.id})


def _readers(guild: discord.Guild, channel: Any, here: frozenset[int]) -> Audience:
    # Who is in a thread can view its parent.
    parent_id = channel.parent_id if isinstance(channel, discord.Thread) else channel.id
    target = guild.get_channel(parent_id)
    readers = Readers(target) if target else None

    def can_all_read(origin: discord.abc.GuildChannel) -> bool:
        return can_everyone_read(origin) or (readers is not None and readers.can_all_read(origin))

    return replace(_audience(guild, can_all_read, here), is_adult=is_restricted(channel))


class _Readable(Container[int]):
    """The channels of a server that can be read, and the public threads that are active in them.

    A server has hundreds of channels, and pictures come from few: each is looked at when it is first asked for.
    """

    def __init__(
        self, guild: discord.Guild, can_be_read: Callable[[discord.abc.GuildChannel], bool], here: Iterable[int]
    ) -> None:
        self._guild = guild
        self._can_be_read = can_be_read
        self._found = dict.fromkeys(here, True)

    def __contains__(self, channel_id: object) -> bool:
        if not isinstance(channel_id, int):
            return False
        if channel_id not in self._found:
            # Pictures from before origins were kept name their thread.
            thread = self._guild.get_thread(channel_id)
            channel = self._guild.get_channel(thread.parent_id if thread else channel_id)
            is_private = thread is not None and thread.is_private()
            self._found[channel_id] = channel is not None and not is_private and self._can_be_read(channel)
        return self._found[channel_id]


def _audience(
    guild: discord.Guild, can_be_read: Callable[[discord.abc.GuildChannel], bool], here: Iterable[int] = ()
) -> Audience:
    """Return who can read these channels of a server."""
    restricted = {channel.id for channel in guild.channels if is_restricted(channel)}
    restricted.update(thread.id for thread in guild.threads if thread.parent_id in restricted)
    known = frozenset(channel.id for channel in (*guild.channels, *guild.threads))
    return Audience(_Readable(guild, can_be_read, here), frozenset(restricted), known=known)
