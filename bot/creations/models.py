"""Frozen values of the pictures in a gallery."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.message_ref import MessageRef, message_link
from bot.core.safety_levels import Handling
from engine.api.messages import GenerationParameters


@dataclass(frozen=True, slots=True)
class PaintRequest:
    """A request to paint, as a draft or a job: its parameters, its pictures, and the message that answers it.

    The keys name files of `bot.database.file_store`: the picture to begin with, its mask, and a picture that lends its
    style; empty if there is none. `style` is the name of the style in the prompt. `note` is shown to the member; see
    `bot.core.i18n.say_notes`. `parent_id` is the creation that it continues, and `source_ids` are other creations that
    it is made from; see `bot.creations.source_store`. `reroll_of` is the id of the job that it
    repeats.
    """

    user_id: int
    place: MessageRef
    parameters: GenerationParameters
    image_key: str = ""
    mask_key: str = ""
    note: str = ""
    parent_id: int | None = None
    style_key: str = ""
    style: str = ""
    source_ids: tuple[int, ...] = ()
    reroll_of: int | None = None


@dataclass(frozen=True, slots=True)
class NewCreation:
    """A result whose file is stored, but which is not in the gallery yet.

    `safety` is its safety score, from 0 for harmless to 1, and `handling` the action that follows from it in the job's
    channel. `copy_of` is the id of a kept-out picture that it is a copy of, or 0.
    """

    file_key: str
    seed: int
    model: str
    width: int
    height: int
    safety: float = 0.0
    handling: Handling = Handling.NOTHING
    copy_of: int = 0


@dataclass(frozen=True, slots=True)
class Creation:
    """A picture in a guild's gallery.

    `is_shown` is False if it was removed, or is held for the moderators. The channel and message are those that it was
    posted in. `safety` is its safety score, from 0 for harmless to 1. `origin_id` is the id of its origin, or 0.
    """

    id: int
    job_id: int
    guild_id: int
    user_id: int
    file_key: str
    seed: int
    model: str
    width: int
    height: int
    created_at: datetime
    is_shown: bool = True
    score: int = 0
    channel_id: int = 0
    message_id: int = 0
    is_spoiler: bool = False
    safety: float = 0.0
    prompt: str = ""
    origin_id: int = 0

    @property
    def link(self) -> str:
        """URL of the message that the picture was posted in."""
        return message_link(self.guild_id, self.channel_id, self.message_id)


class Kind(StrEnum):
    """The way a picture was made: from a prompt alone, by repainting a region, or from a whole picture.

    ALL stands for every kind in filters.
    """

    ALL = "all"
    IMAGINED = "imagined"
    REPAINTED = "repainted"
    REMIXED = "remixed"


@dataclass(frozen=True, slots=True)
class Family:
    """A creation with its ancestors, the oldest first, and its children, the oldest first.

    Removed ancestors are included. `more` is the number of further children that are not listed.
    """

    ancestors: tuple[Creation, ...]
    creation: Creation
    children: tuple[Creation, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class MemberStats:
    """A member's counts in a server: pictures, pictures of the last 24 hours, and favourites.

    `loved` is how often other members made this member's pictures favourites, and `descendants` how many pictures they
    made from them.
    """

    creations: int
    creations_today: int
    favourites: int
    loved: int
    descendants: int
