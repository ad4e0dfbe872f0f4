"""Drafts, as frozen values."""

from dataclasses import dataclass

from bot.core.message_ref import MessageRef
from engine.messages import GenerationParameters


@dataclass(frozen=True, slots=True)
class Draft:
    """What a member is about to have painted. `feather` is in pixels of the picture; `nonce` is the painter link's."""

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
