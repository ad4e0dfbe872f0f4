"""What a member reads when something is refused: one plain sentence, and what to do."""

from collections.abc import Sequence


class UserError(Exception):
    """A refusal that is the answer: its text is shown to the member as it stands, and nothing is logged."""


class PictureError(UserError):
    """The picture can't be used."""


class MaskError(UserError):
    """The mask or region can't be used."""


class NotAllowedError(UserError):
    """The member may not do this."""


class AskFirstError(UserError):
    """The makers of pictures have to be asked first; `creation_ids` are those pictures."""

    def __init__(self, sentence: str, creation_ids: Sequence[int]) -> None:
        super().__init__(sentence)
        self.creation_ids = tuple(creation_ids)
