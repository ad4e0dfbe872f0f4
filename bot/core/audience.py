"""Visibility of pictures: the only module that decides who may see which picture.

A picture has an origin: the channels that it comes from. A response, a post or a page has an audience: the people who
read it. `Audience.may_see` decides for one picture; `bot.creations.origin_store.visible` is the same decision in SQL.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Origin:
    """The channels that a picture comes from: the channel of its own job and those of its source pictures.

    `channels` holds channel ids. A public thread or forum post counts as its parent; a private thread counts as itself.
    The set is empty for a direct message with the bot. `is_restricted` is true if one of the channels was
    age-restricted when the picture was requested; `is_recorded` is false for pictures of older versions, which did not
    store that.
    """

    channels: frozenset[int] = frozenset()
    is_restricted: bool = False
    is_recorded: bool = True

    def joined(self, others: Iterable["Origin"]) -> "Origin":
        """Return the union of this origin and others: the origin of a picture made from several pictures."""
        origins = (self, *others)
        channels = frozenset[int]().union(*(each.channels for each in origins))
        is_restricted = any(each.is_restricted for each in origins)
        return Origin(channels, is_restricted, all(each.is_recorded for each in origins))


@dataclass(frozen=True, slots=True)
class Audience:
    """The people who read a response, a post or a page.

    - `channels`: ids of the channels that all of them may read.
    - `restricted`: ids of the channels that are age-restricted now, whether or not they are in `channels`.
    - `known`: ids of the channels whose age restriction is known now.
    - `is_adult`: whether the response or post is itself in an age-restricted channel.
    - `user_id`: the only reader, who may see their own pictures from any channel; 0 if there are several readers.
    - `is_outside`: whether it is read outside Discord.
    """

    channels: Container[int]
    restricted: frozenset[int] = frozenset()
    is_adult: bool = False
    user_id: int = 0
    is_outside: bool = False
    known: frozenset[int] = frozenset()

    def may_see(self, origin: Origin, maker_id: int) -> bool:
        """Return whether this audience may see a picture of this origin, made by `maker_id` (0 matches no reader)."""
        if not self.is_adult and self._is_restricted(origin):
            return False
        is_own = self.user_id != 0 and self.user_id == maker_id
        return is_own or all(channel in self.channels for channel in origin.channels)

    def _is_restricted(self, origin: Origin) -> bool:
        if origin.is_restricted or origin.channels & self.restricted:
            return True
        # A deleted channel or an uncached thread may have been age-restricted.
        known = (channel in self.known or channel in self.channels for channel in origin.channels)
        return not origin.is_recorded and not all(known)

    def may_view(self, channel_id: int) -> bool:
        """Return whether this audience may see a channel and its content."""
        return self.may_see(Origin(frozenset({channel_id})), maker_id=0)


class PostAudiences(Protocol):
    """Interface that returns the audiences of the bot's own posts; see `bot.platform.audiences`."""

    async def readers(self, guild_id: int, channel_id: int) -> Audience:
        """Return the audience of a post in a channel or thread."""
        ...


# Sees only pictures made in direct messages with the bot, because their origin has no channels.
NOBODY = Audience(frozenset())
