"""Critiques as values: what members say of each other's pictures."""

from dataclasses import dataclass
from datetime import datetime

# Of each of the two parts, in characters.
LONGEST = 250


@dataclass(frozen=True, slots=True)
class NewCritique:
    """What `user_id` says of a picture: what works in it, and what could be better; one of them may be empty."""

    creation_id: int
    user_id: int
    works: str
    better: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Critique(NewCritique):
    """A critique that is kept; whether it is helpful, the picture's maker says."""

    created_at: datetime
    is_helpful: bool
