"""Values of named styles."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """Named words that are added to a prompt and to its negative prompt.

    `is_own` is true for a style of the member, false for one of the server. `image_key` is the file of an image whose
    style is copied, or empty; `source_id` is the id of that image's creation, if it is one of the gallery.
    """

    name: str
    words: str
    negative_words: str
    is_own: bool
    image_key: str = ""
    source_id: int | None = None

    @property
    def source_ids(self) -> tuple[int, ...]:
        """The ids of the creations that a job in this style has as additional sources."""
        return () if self.source_id is None else (self.source_id,)


# Used for jobs without a style.
NO_STYLE = Style("", "", "", is_own=True)
