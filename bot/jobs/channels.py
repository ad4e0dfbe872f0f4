"""What may be shown in which channel."""

from typing import Any

import discord


def is_too_public(guild: discord.Guild, origin_id: int, channel: discord.abc.Messageable) -> bool:
    """Return whether a picture comes from an age-restricted channel and would be shown in one that isn't.

    Of a channel that is no longer there, and of a thread that was archived, nobody knows; it is taken for restricted.
    """
    origin = guild.get_channel_or_thread(origin_id)
    return (origin is None or is_restricted(origin)) and not is_restricted(channel)


def is_restricted(channel: Any) -> bool:
    """Return whether a channel or thread is for adults; None, which can't be seen, is taken for one that isn't."""
    return bool(getattr(channel, "is_nsfw", bool)())
