"""Drafts, as frozen values."""

from dataclasses import dataclass

from bot.creations.models import PaintRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft(PaintRequest):
    """A request that its member still edits. `feather` is in pixels; `nonce` belongs to the link to the painter."""

    id: int
    feather: int
    nonce: str
