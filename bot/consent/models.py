"""Requests to the makers of pictures."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from bot.core.message_ref import message_link


@dataclass(frozen=True, slots=True)
class Permit:
    """A request of `user_id` to the maker of a picture to go on from it; the message is the one that asks the maker.

    `is_allowed` is None until it is answered. A request is open for a week, and can be made again a day after a no.
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
        """When the maker can be asked again, None where they have not said no."""
        return self.answered_at + self.REFUSED_FOR if self.is_allowed is False and self.answered_at else None

    def link(self, guild_id: int) -> str:
        """Return the address of the message that asks the maker."""
        return message_link(guild_id, self.channel_id, self.message_id)
