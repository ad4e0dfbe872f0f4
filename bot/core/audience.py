"""Who may see which picture: decided here, and nowhere else.

A picture has an origin: the channels that it comes from. An answer, a post or a page has an audience: the people who
read it. `Audience.may_see` decides about one picture; `bot.creations.origin_store.visible` is the same decision in SQL.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Origin:
    """The channels that a picture comes from: that of its own job, and those of the pictures it was made from.

    `channels` holds ids. A public thread or forum post counts as its parent; a private thread counts as itself. It is
    empty for a direct message with the bot. `is_restricted` is whether one of them was age-restricted at that moment;
    `is_recorded` is whether that was written down, which older versions didn't.
    """

    channels: frozenset[int] = frozenset()
    is_restricted: bool = False
    is_recorded: bool = True

    def joined(self, others: Iterable["Origin"]) -> "Origin":
        """Return the origin of a picture that is made here from pictures of other origins."""
        origins = (self, *others)
        channels = frozenset[int]().union(*(each.channels for each in origins))
        is_restricted = any(each.is_restricted for each in origins)
        return Origin(channels, is_restricted, all(each.is_recorded for each in origins))


@dataclass(frozen=True, slots=True)
class Audience:
    """The people who read an answer, a post or a page.

    All of them may read `channels`; of those, and of others, `restricted` are age-restricted now. `known` are channels
    of which that is known. `is_adult` is whether what they read stands in an age-restricted channel. `user_id` is the
    only reader, who may see their own pictures wherever these were made; 0 where others read it too. `is_outside` is
    whether it is read outside Discord.
    """

    channels: Container[int]
    restricted: frozenset[int] = frozenset()
    is_adult: bool = False
    user_id: int = 0
    is_outside: bool = False
    known: frozenset[int] = frozenset()

    def may_see(self, origin: Origin, maker_id: int) -> bool:
        """Return whether a picture of this origin may be shown, made by `maker_id`, 0 for anybody."""
        if not self.is_adult and self._is_restricted(origin):
            return False
        is_own = self.user_id != 0 and self.user_id == maker_id
        return is_own or all(channel in self.channels for channel in origin.channels)

    def _is_restricted(self, origin: Origin) -> bool:
        if origin.is_restricted or origin.channels & self.restricted:
            return True
        # A channel that is gone, or a thread in no cache, may have been age-restricted.
        known = (channel in self.known or channel in self.channels for channel in origin.channels)
        return not origin.is_recorded and not all(known)

    def may_view(self, channel_id: int) -> bool:
        """Return whether a channel, and what it is about, may be shown."""
        return self.may_see(Origin(frozenset({channel_id})), maker_id=0)


class PostAudiences(Protocol):
    """The audiences of the bot's own posts."""

    async def readers(self, guild_id: int, channel_id: int) -> Audience:
        """Return the audience of what is posted in a channel or thread."""
        ...


# Sees only what was made in direct messages with the bot.
NOBODY = Audience(frozenset())
