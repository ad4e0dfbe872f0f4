"""Where a message is, and who asked for what it shows."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.core.audience import Audience, Origin


def message_link(guild_id: int, channel_id: int, message_id: int) -> str:
    """Return the address of a message."""
    return f"https://discord.com/channels/{guild_id}/{channel_id}/{message_id}"


@dataclass(frozen=True, slots=True)
class MemberContext:
    """What a server's limits ask of who wants something; `thread_of` is the channel of the thread they are in, or 0.

    A moderator, who may manage messages, is held to no limits. `joined_at` is None where it isn't known.
    """

    role_ids: frozenset[int] = frozenset()
    joined_at: datetime | None = None
    is_moderator: bool = False
    thread_of: int = 0


@dataclass(frozen=True, slots=True)
class MessageRef:
    """Where a job was asked for, and the message that shows it.

    The rest is known only while it is asked for: `viewer` is the member's audience, `readers` that of the message, and
    `origin` that of what is made there.
    """

    guild_id: int
    channel_id: int
    message_id: int
    interaction_token: str
    asker: MemberContext = field(default=MemberContext(), compare=False)
    viewer: Audience | None = field(default=None, compare=False)
    readers: Audience | None = field(default=None, compare=False)
    origin: Origin | None = field(default=None, compare=False)

    @property
    def same_channel(self) -> Audience:
        """Who reads the channel, where nothing else is known of them: they may see what is from it."""
        return Audience(frozenset({self.channel_id}))

    @property
    def link(self) -> str:
        """The address of the message."""
        return message_link(self.guild_id, self.channel_id, self.message_id)
