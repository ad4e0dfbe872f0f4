"""Named styles."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """Words with a name, which are added to a prompt and to what it shall not show; of a member, or of all.

    `image_key` is that of a picture that lends its style, or empty; `source_id` is the creation that it is, if any.
    """

    name: str
    words: str
    negative_words: str
    is_own: bool
    image_key: str = ""
    source_id: int | None = None

    @property
    def source_ids(self) -> tuple[int, ...]:
        """The creations that a job in this style is made from."""
        return () if self.source_id is None else (self.source_id,)


# What is painted in no style.
NO_STYLE = Style("", "", "", is_own=True)
