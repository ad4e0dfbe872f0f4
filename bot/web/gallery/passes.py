"""Signed links to the galleries on the web."""

from itsdangerous import BadData, URLSafeTimedSerializer
from yarl import URL

from bot.records import WebAccess

LIFETIME_SECONDS = 24 * 60 * 60


class GalleryPasses:
    """Addresses of galleries, and passes to them that are good for a day. No member's id is in them."""

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

    def link(self, guild_id: int, access: WebAccess) -> str:
        """Return an address that opens a server's gallery: for a day, where it is for members."""
        address = self.address(guild_id)
        return address if access is WebAccess.PUBLIC else f"{address}/open/{self._serializer.dumps(guild_id)}"

    def admits(self, token: str, guild_id: int) -> bool:
        """Return whether a pass is one of ours, for this server, and not older than a day."""
        try:
            return self._serializer.loads(token, max_age=LIFETIME_SECONDS) == guild_id
        except BadData:
            return False
