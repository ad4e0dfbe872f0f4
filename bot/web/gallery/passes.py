"""Signed links to the galleries on the web."""

from itsdangerous import BadData, URLSafeTimedSerializer
from yarl import URL

from bot.settings.models import WebAccess

LIFETIME_SECONDS = 24 * 60 * 60


class GalleryPasses:
    """Addresses of galleries, and passes to them that are good for a day and name the member who asked for one."""

    def __init__(self, secret: bytes, public_url: str) -> None:
        self._root = URL(public_url)
        self._serializer = URLSafeTimedSerializer(secret, salt="gallery")

    @property
    def root(self) -> URL:
        """The address under which members reach the web server."""
        return self._root

    def address(self, guild_id: int | None = None) -> str:
        """Return where a server's gallery is, or what is above all galleries."""
        return str(self._root / "gallery" / str(guild_id or ""))

    def path(self, guild_id: int | None = None) -> str:
        """Return the part of an address after the host."""
        return URL(self.address(guild_id)).path

    def link(self, guild_id: int, user_id: int, access: WebAccess) -> str:
        """Return an address that opens a server's gallery: for a member and a day, where it is for members."""
        address = self.address(guild_id)
        token = self._serializer.dumps([guild_id, user_id])
        return address if access is WebAccess.PUBLIC else f"{address}/open/{token}"

    def holder(self, token: str, guild_id: int) -> int | None:
        """Return the member whose pass to this server's gallery a token is; None for others, and after a day."""
        try:
            content = self._serializer.loads(token, max_age=LIFETIME_SECONDS)
        except BadData:
            return None
        # A pass of an earlier version has no member.
        return content[1] if isinstance(content, list) and content[0] == guild_id else None
