"""Views, filters and pages of a gallery."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.creations.models import Creation, Kind


class GalleryView(StrEnum):
    """Which pictures a gallery shows, and in which order."""

    NEWEST = "newest"
    TOP = "top"
    FAVOURITES = "favourites"
    RANDOM = "random"
    MEANING = "meaning"
    ALIKE = "alike"


@dataclass(frozen=True, slots=True)
class Browsing:
    """A view of a gallery with its filters and its cursor.

    `user_id` filters by maker, or names the owner of the favourites; 0 means everybody. `days` is the greatest age in
    days, 0 for any. `after` and `score` are the cursor: the id and score of the creation after which the page begins,
    or before which it ends if `backwards` is set; `after` is 0 on the first page. `words` are searched for in prompts,
    literally or by meaning, depending on the view; `like` is the creation that the others have to resemble. `style_id`
    and `challenge_id` (a closed challenge) filter by style and by entry; 0 means any.
    """

    view: GalleryView
    user_id: int = 0
    kind: Kind = Kind.ALL
    days: int = 0
    score: int = 0
    after: int = 0
    backwards: bool = False
    words: str = ""
    like: int = 0
    challenge_id: int = 0
    style_id: int = 0


# The views ordered by similarity instead of by time or score.
RANKED = (GalleryView.MEANING, GalleryView.ALIKE)


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters offered in a gallery: style ids with names, challenge ids with title and theme."""

    styles: Mapping[int, str]
    challenges: Mapping[int, tuple[str, str]]


NO_FILTERS = Filters({}, {})


@dataclass(frozen=True, slots=True)
class Page:
    """One page of pictures, and whether a page before (`has_newer`) and after (`has_older`) it exists."""

    creations: tuple[Creation, ...]
    has_newer: bool
    has_older: bool
