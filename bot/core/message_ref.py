"""References to messages, and the member who made a request."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.core.audience import Audience, Origin


def message_link(guild_id: int, channel_id: int, message_id: int) -> str:
    """Return the URL that opens a message in Discord."""
    return f"https://discord.com/channels/{guild_id}/{channel_id}/{message_id}"


@dataclass(frozen=True, slots=True)
class MemberContext:
    """Facts about a member that a server's limits depend on.

    A moderator, who may manage messages, has no limits. `joined_at` is None if unknown. `thread_of` is the id of the
    channel whose thread the request is in, or 0.
    """

    role_ids: frozenset[int] = frozenset()
    joined_at: datetime | None = None
    is_moderator: bool = False
    thread_of: int = 0


@dataclass(frozen=True, slots=True)
class MessageRef:
    """The channel of a request, and the message that shows its job.

    The last four fields are set only while the request is handled and are not compared: `asker` is the member,
    `viewer` their audience, `readers` the audience of the message, and `origin` that of the pictures made there.
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
        """Audience used if nothing else is known of the readers: they may see pictures from this channel only."""
        return Audience(frozenset({self.channel_id}))

    @property
    def link(self) -> str:
        """The URL of the message."""
        return message_link(self.guild_id, self.channel_id, self.message_id)
