"""Values of critiques, new and stored."""

from dataclasses import dataclass
from datetime import datetime

# Maximum length of each of the two parts, in characters.
LONGEST = 250


@dataclass(frozen=True, slots=True)
class NewCritique:
    """Critique by `user_id`: the parts that work and those that could be better; one of the two may be empty."""

    creation_id: int
    user_id: int
    works: str
    better: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Critique(NewCritique):
    """Stored critique; the picture's maker sets `is_helpful`."""

    created_at: datetime
    is_helpful: bool
