"""URLs of the galleries on the web, and the signed passes that open them."""

from itsdangerous import BadData, URLSafeTimedSerializer
from yarl import URL

from bot.settings.models import WebAccess

LIFETIME_SECONDS = 24 * 60 * 60


class GalleryPasses:
    """Builds URLs of galleries, and signs and verifies passes.

    A pass is valid for a day and contains the ids of the guild and of the member who requested it.
    """

    def __init__(self, secret: bytes, public_url: str) -> None:
        self._root = URL(public_url)
        self._serializer = URLSafeTimedSerializer(secret, salt="gallery")

    @property
    def root(self) -> URL:
        """The public URL of the web server."""
        return self._root

    def address(self, guild_id: int | None = None) -> str:
        """Return the URL of a server's gallery, or the parent URL of all galleries for None."""
        return str(self._root / "gallery" / str(guild_id or ""))

    def path(self, guild_id: int | None = None) -> str:
        """Return the path of `address(guild_id)`."""
        return URL(self.address(guild_id)).path

    def link(self, guild_id: int, user_id: int, access: WebAccess) -> str:
        """Return a link to a server's gallery; unless it is public, the link has a pass for this member."""
        address = self.address(guild_id)
        token = self._serializer.dumps([guild_id, user_id])
        return address if access is WebAccess.PUBLIC else f"{address}/open/{token}"

    def holder(self, token: str, guild_id: int) -> int | None:
        """Return the member id of a pass, or None if the pass is not valid, has expired, or is for another guild."""
        try:
            content = self._serializer.loads(token, max_age=LIFETIME_SECONDS)
        except BadData:
            return None
        # Passes of earlier versions have no member id.
        return content[1] if isinstance(content, list) and content[0] == guild_id else None
