"""The frozen value of a stored draft."""

from dataclasses import dataclass

from bot.core.message_ref import MessageRef
from engine.messages import GenerationParameters


@dataclass(frozen=True, slots=True)
class Draft:
    """A stored draft: a picture, a region and parameters that a member has not submitted yet.

    `feather` is the width of the mask's soft edge in pixels of the picture. `nonce` is the secret of the link to the
    painter's page, valid for one use. The other fields are those of `bot.jobs.models.NewJob`.
    """

    id: int
    user_id: int
    place: MessageRef
    parameters: GenerationParameters
    image_key: str
    mask_key: str
    feather: int
    note: str
    nonce: str
    parent_id: int | None = None
    style_key: str = ""
    style: str = ""
    source_ids: tuple[int, ...] = ()
