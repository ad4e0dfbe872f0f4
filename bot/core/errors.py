"""Errors whose message is shown to the member: one plain sentence that says why, and what to do."""

from collections.abc import Sequence


class UserError(Exception):
    """A request that is refused; the message is shown to the member unchanged, and nothing is logged."""


class PictureError(UserError):
    """The picture cannot be read or used."""


class MaskError(UserError):
    """The mask or region cannot be read or used."""


class NotAllowedError(UserError):
    """The server's permissions or limits do not allow this to the member."""


class AskFirstError(UserError):
    """The makers of some pictures must give consent first; `creation_ids` are the ids of those pictures."""

    def __init__(self, sentence: str, creation_ids: Sequence[int]) -> None:
        super().__init__(sentence)
        self.creation_ids = tuple(creation_ids)
