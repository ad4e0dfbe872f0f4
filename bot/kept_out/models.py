"""Pictures that moderators keep out."""

from dataclasses import dataclass
from datetime import datetime

from bot.imaging.phash import Fingerprint


@dataclass(frozen=True, slots=True)
class KeptOut:
    """A picture that may not come back: the number that it had, how it looks, and the moderator, 0 for a former one."""

    id: int
    creation_id: int
    fingerprint: Fingerprint
    by: int
    created_at: datetime
