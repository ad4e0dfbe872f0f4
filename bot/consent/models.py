"""The frozen value of a permission request."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from bot.core.message_ref import message_link


@dataclass(frozen=True, slots=True)
class Permit:
    """A request by `user_id` to the maker of a picture for permission to make pictures from it.

    `is_allowed` is None until it is answered. The channel and message are those of the message that asks the maker, 0
    while it isn't posted. An unanswered request can be repeated after a week, a refused one after a day.
    """

    OPEN_FOR: ClassVar = timedelta(days=7)
    REFUSED_FOR: ClassVar = timedelta(days=1)

    creation_id: int
    user_id: int
    created_at: datetime
    is_allowed: bool | None
    answered_at: datetime | None
    channel_id: int
    message_id: int

    @property
    def refused_until(self) -> datetime | None:
        """The time from which the maker can be asked again, or None if they have not refused."""
        return self.answered_at + self.REFUSED_FOR if self.is_allowed is False and self.answered_at else None

    def link(self, guild_id: int) -> str:
        """Return the URL of the message that asks the maker."""
        return message_link(guild_id, self.channel_id, self.message_id)
