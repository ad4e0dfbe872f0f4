"""Audiences of responses, posts and pages, computed from the channels in the gateway's cache."""

from collections.abc import Callable, Container, Iterable
from dataclasses import replace
from typing import Any

import discord

from bot.core.audience import NOBODY, Audience, Origin
from bot.platform.visibility import Readers, can_everyone_read, can_read

Interaction = discord.Interaction[Any]


def is_personal(interaction: Interaction) -> bool:
    """Return whether an interaction uses the member's own gallery instead of a server's.

    That is the case in direct messages, and in a server where only this member has installed Atelier.
    """
    is_theirs = interaction.is_user_integration() and not interaction.is_guild_integration()
    return interaction.guild_id is None or is_theirs


def is_restricted(channel: Any) -> bool:
    """Return whether a channel or thread is age-restricted; None and direct messages are not."""
    return bool(getattr(channel, "is_nsfw", bool)())


def origin_of(interaction: Interaction) -> Origin:
    """Return the origin of a picture that is made in an interaction's channel."""
    return Origin(_origin_channels(interaction), is_restricted(interaction.channel))


def viewer_of(interaction: Interaction) -> Audience:
    """Return the audience of a response that only the member reads, with the channels that they can view now."""
    member, guild, channel_ids = interaction.user, interaction.guild, _origin_channels(interaction)
    is_adult = is_restricted(interaction.channel)
    if guild is None or is_personal(interaction) or not isinstance(member, discord.Member):
        return Audience(
            channel_ids, is_adult=is_adult, user_id=member.id, known=frozenset({interaction.channel_id or 0})
        )
    found = _audience(guild, lambda channel: can_read(channel, member), channel_ids)
    return replace(found, is_adult=is_adult, user_id=member.id)


def readers_of(interaction: Interaction) -> Audience:
    """Return the audience of a response that everybody in the channel reads."""
    channel = interaction.channel
    if _is_bot_dm(interaction):
        return Audience(frozenset(), user_id=interaction.user.id, known=frozenset({interaction.channel_id or 0}))
    if interaction.guild is None or channel is None or is_personal(interaction):
        return Audience(_origin_channels(interaction), is_adult=is_restricted(channel))
    return _channel_readers(interaction.guild, channel, _origin_channels(interaction))


def member_of_pages(guild: discord.Guild, member: discord.Member) -> Audience:
    """Return the audience of a web page that is open to one member of a server."""
    found = _audience(guild, lambda channel: can_read(channel, member))
    return replace(found, user_id=member.id, is_outside=True)


def public_of_pages(guild: discord.Guild) -> Audience:
    """Return the audience of a web page that anybody may open; of an age-restricted server it sees no channel."""
    if guild.nsfw_level in (discord.NSFWLevel.explicit, discord.NSFWLevel.age_restricted):
        return Audience(frozenset(), is_outside=True)
    return replace(_audience(guild, can_everyone_read), is_outside=True)


class Audiences:
    """Computes the audiences of the bot's own posts; implements `bot.core.audience.PostAudiences`."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def readers(self, guild_id: int, channel_id: int) -> Audience:
        """Return the audience of a post, or NOBODY if the server or channel is missing or forbidden to the bot."""
        guild = self._client.get_guild(guild_id)
        if guild is None:
            return NOBODY
        channel = guild.get_channel_or_thread(channel_id)
        if channel is None:
            try:
                # Archived threads are not cached.
                channel = await guild.fetch_channel(channel_id)
            except (discord.NotFound, discord.Forbidden):
                return NOBODY
        return _channel_readers(guild, channel, _channel_ids(channel))


def _is_bot_dm(interaction: Interaction) -> bool:
    """Return whether an interaction is in the member's direct messages with the bot, which nobody else reads.

    A member who has installed Atelier for themselves can also use it in direct messages with other people.
    """
    return isinstance(interaction.channel, discord.DMChannel) and not interaction.context.private_channel


def _origin_channels(interaction: Interaction) -> frozenset[int]:
    """Return the channels of an `Origin` for a picture made in this interaction's channel."""
    channel = interaction.channel
    if interaction.channel_id is None or _is_bot_dm(interaction):
        return frozenset()
    return _channel_ids(channel) if channel else frozenset({interaction.channel_id})


def _channel_ids(channel: Any) -> frozenset[int]:
    is_public_thread = isinstance(channel, discord.Thread) and not channel.is_private()
    return frozenset({channel.parent_id if is_public_thread else channel.id})


def _channel_readers(guild: discord.Guild, channel: Any, always_readable: frozenset[int]) -> Audience:
    # Every member of a thread can view its parent channel.
    parent_id = channel.parent_id if isinstance(channel, discord.Thread) else channel.id
    target = guild.get_channel(parent_id)
    readers = Readers(target) if target else None

    def can_all_read(origin: discord.abc.GuildChannel) -> bool:
        return can_everyone_read(origin) or (readers is not None and readers.can_all_read(origin))

    return replace(_audience(guild, can_all_read, always_readable), is_adult=is_restricted(channel))


class _ReadableChannels(Container[int]):
    """The ids of a server's readable channels and of the active public threads in them.

    A server has hundreds of channels and pictures come from few of them, so permissions are computed for a channel when
    it is first looked up, and cached.
    """

    def __init__(
        self,
        guild: discord.Guild,
        can_be_read: Callable[[discord.abc.GuildChannel], bool],
        always_readable: Iterable[int],
    ) -> None:
        self._guild = guild
        self._can_be_read = can_be_read
        self._readable = dict.fromkeys(always_readable, True)

    def __contains__(self, channel_id: object) -> bool:
        if not isinstance(channel_id, int):
            return False
        if channel_id not in self._readable:
            # Pictures from before origins were stored have the id of their thread.
            thread = self._guild.get_thread(channel_id)
            channel = self._guild.get_channel(thread.parent_id if thread else channel_id)
            is_private = thread is not None and thread.is_private()
            self._readable[channel_id] = channel is not None and not is_private and self._can_be_read(channel)
        return self._readable[channel_id]


def _audience(
    guild: discord.Guild, can_be_read: Callable[[discord.abc.GuildChannel], bool], always_readable: Iterable[int] = ()
) -> Audience:
    """Return an Audience that can read the channels for which `can_be_read` is true, and those of `always_readable`."""
    restricted = {channel.id for channel in guild.channels if is_restricted(channel)}
    restricted.update(thread.id for thread in guild.threads if thread.parent_id in restricted)
    known = frozenset(channel.id for channel in (*guild.channels, *guild.threads))
    return Audience(_ReadableChannels(guild, can_be_read, always_readable), frozenset(restricted), known=known)
