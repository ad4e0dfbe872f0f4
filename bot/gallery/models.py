"""Views, filters and pages of a gallery."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.creations.models import Creation, Kind


class GalleryView(StrEnum):
    """A way through a gallery."""

    NEWEST = "newest"
    TOP = "top"
    FAVOURITES = "favourites"
    RANDOM = "random"
    MEANING = "meaning"
    ALIKE = "alike"


@dataclass(frozen=True, slots=True)
class Browsing:
    """What a member looks through, and where they stand in it.

    `user_id` is whose pictures or favourites are shown, 0 for everybody's; `days` is how new they are, 0 for all. The
    page begins after the creation `after` with its `score`, or with `backwards` ends before it; 0 for the first page.
    `words` are those that a prompt must have, or shall mean; `like` is the creation that the others shall look like.
    `style_id` is the style in which they are, and `challenge_id` the closed challenge in which they were entered, 0 for
    all.
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


# The ways that go by how near each picture is, not by when it was made.
RANKED = (GalleryView.MEANING, GalleryView.ALIKE)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a member can choose in a gallery, and has chosen: styles by their names, challenges by titles and themes."""

    styles: Mapping[int, str]
    challenges: Mapping[int, tuple[str, str]]


NO_FILTERS = Filters({}, {})


@dataclass(frozen=True, slots=True)
class Page:
    """Some pictures of a gallery, and whether there are others before and after them."""

    creations: tuple[Creation, ...]
    has_newer: bool
    has_older: bool
