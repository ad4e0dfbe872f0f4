"""Pictures of the gallery, as frozen values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.message_ref import MessageRef, message_link
from bot.core.safety_levels import Handling
from engine.messages import GenerationParameters


@dataclass(frozen=True, slots=True)
class PaintRequest:
    """What a member wants painted, as a draft or a job: prompt and settings, pictures, and where the answer stands.

    The keys name files of `bot.database.file_store`: the picture to begin with, its mask, and a picture that lends its
    style; empty if there is none. `style` is the name of the style in the prompt. `note` is shown to the member; see
    `bot.core.i18n.say_notes`. `parent_id` is the creation that it continues, and `source_ids` are other creations that
    it is made from; see `bot.creations.source_store`.
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


@dataclass(frozen=True, slots=True)
class NewCreation:
    """A painted picture whose bytes are kept, not yet in the gallery, with its safety score and what it leads to.

    `copy_of` is the number of a picture that it is a copy of and that moderators keep out, or 0.
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
    """A picture kept in a guild's gallery; one that is not `is_shown` was removed, or is held back by moderators."""

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
        """The address of the message that shows it."""
        return message_link(self.guild_id, self.channel_id, self.message_id)


class Kind(StrEnum):
    """How pictures came about."""

    ALL = "all"
    IMAGINED = "imagined"
    REPAINTED = "repainted"
    REMIXED = "remixed"


@dataclass(frozen=True, slots=True)
class Family:
    """Where a creation comes from, the first of all in front, and what goes on from it.

    Ancestors that were removed since are among them; `more` children are not listed.
    """

    ancestors: tuple[Creation, ...]
    creation: Creation
    children: tuple[Creation, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class MemberStats:
    """What a member has done in a server: pictures made, in all and in the last day, and favourites.

    `loved` is how often others made their pictures favourites, `descendants` how many pictures others made from them.
    """

    creations: int
    creations_today: int
    favourites: int
    loved: int
    descendants: int
