"""Signed links to the painter."""

from dataclasses import dataclass

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer
from yarl import URL

from bot.core.errors import UserError

LIFETIME_SECONDS = 15 * 60


class LinkError(UserError):
    """A painter link that can't be used; the message is shown on the page."""


class LinkGoneError(LinkError):
    """A painter link that was valid, but has been used or has expired, or whose draft is gone."""

    def __init__(self) -> None:
        super().__init__(
            "This link has been used, or is older than 15 minutes. Press “Paint over” in Discord again for a new one."
        )


@dataclass(frozen=True, slots=True)
class PainterLink:
    """The content of a link: the draft that it opens, and the nonce that makes it valid for one use."""

    draft_id: int
    nonce: str


class PainterLinks:
    """Creates and verifies links to the painter, which are valid for 15 minutes.

    The content is signed, not encrypted: it has no member id in it.
    """

    def __init__(self, secret: bytes, public_url: str) -> None:
        self._public_url = URL(public_url)
        self._serializer = URLSafeTimedSerializer(secret, salt="painter")

    @property
    def origin(self) -> str:
        """Return the public origin of the painter, such as `https://atelier.example`."""
        return str(self._public_url.origin())

    def url(self, draft_id: int, nonce: str) -> str:
        """Return a link that opens the painter for a draft."""
        return str(self._public_url / "paint" / self._serializer.dumps([draft_id, nonce]))

    def read(self, token: str) -> PainterLink:
        """Verify and decode the token of a link. Raises LinkGoneError if it has expired, LinkError if it is invalid."""
        try:
            draft_id, nonce = self._serializer.loads(token, max_age=LIFETIME_SECONDS)
        except SignatureExpired as error:
            raise LinkGoneError from error
        except BadData as error:
            raise LinkError(
                "This link is not complete, or not one of mine. Press “Paint over” in Discord again for a new one."
            ) from error
        return PainterLink(draft_id, nonce)
