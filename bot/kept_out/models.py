"""The frozen value of a kept-out picture."""

from dataclasses import dataclass
from datetime import datetime

from bot.imaging.phash import Fingerprint


@dataclass(frozen=True, slots=True)
class KeptOut:
    """A removed picture of which no copy may enter its server again.

    `creation_id` is the id that it had in the gallery. `by` is the moderator, or 0 if their data was deleted.
    """

    id: int
    creation_id: int
    fingerprint: Fingerprint
    by: int
    created_at: datetime
