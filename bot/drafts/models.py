"""The frozen value of a stored draft."""

from dataclasses import dataclass

from bot.creations.models import PaintRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft(PaintRequest):
    """A stored draft: a picture, a region and parameters that a member has not submitted yet.

    `feather` is the width of the mask's soft edge in pixels of the picture. `nonce` is the secret of the link to the
    painter's page, valid for one use. The other fields are those of `bot.jobs.models.NewJob`.
    """

    id: int
    feather: int
    nonce: str
