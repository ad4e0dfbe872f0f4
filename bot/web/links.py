"""Signed links to the painter."""

from dataclasses import dataclass

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer
from yarl import URL

from bot.core.errors import UserError

LIFETIME_SECONDS = 15 * 60


class LinkError(UserError):
    """The link can't be used."""


class LinkGoneError(LinkError):
    """The link was good once: it has been used, it is too old, or its draft is gone."""

    def __init__(self) -> None:
        super().__init__(
            "This link has been used, or is older than 15 minutes. Press “Paint over” in Discord again for a new one."
        )


@dataclass(frozen=True, slots=True)
class PainterLink:
    """What a link says: the draft to paint a region for, and the word that makes the link good for one use."""

    draft_id: int
    nonce: str


class PainterLinks:
    """Links to the painter, good for 15 minutes. They are signed, not secret: no member's id is in them."""

    def __init__(self, secret: bytes, public_url: str) -> None:
        self._public_url = URL(public_url)
        self._serializer = URLSafeTimedSerializer(secret, salt="painter")

    @property
    def origin(self) -> str:
        """Return the origin under which members see the painter, such as `https://atelier.example`."""
        return str(self._public_url.origin())

    def url(self, draft_id: int, nonce: str) -> str:
        """Return the address of a painter for this draft."""
        return str(self._public_url / "paint" / self._serializer.dumps([draft_id, nonce]))

    def read(self, token: str) -> PainterLink:
        """Return what the token of a link says. Raises LinkGoneError where it is too old, LinkError where forged."""
        try:
            draft_id, nonce = self._serializer.loads(token, max_age=LIFETIME_SECONDS)
        except SignatureExpired as error:
            raise LinkGoneError from error
        except BadData as error:
            raise LinkError(
                "This link is not complete, or not one of mine. Press “Paint over” in Discord again for a new one."
            ) from error
        return PainterLink(draft_id, nonce)
