"""The painter's access to drafts."""

import logging
import secrets
from pathlib import Path

from PIL import Image

from bot.core.errors import NotAllowedError, UserError
from bot.core.i18n import _
from bot.creations.store import CreationStore
from bot.database.file_store import write_whole
from bot.drafts.models import Draft
from bot.drafts.service import DraftService
from bot.moderation.blocks import BlockService
from bot.platform.discord_errors import UNREACHABLE
from bot.web.painter import PainterPage
from bot.web.servers import Servers

log = logging.getLogger(__name__)

SECRET_BYTES = 32


class DraftPainter:
    """Implements `bot.web.painter.PainterContext` for drafts.

    The page is outside Discord: members who left the server or are blocked can't open it, and it shows no picture of
    the gallery that may not be shown on web pages. Pictures that the member uploaded are not restricted.
    """

    def __init__(self, drafts: DraftService, servers: Servers, blocks: BlockService, creations: CreationStore) -> None:
        self._drafts = drafts
        self._servers = servers
        self._blocks = blocks
        self._creations = creations

    async def sheet(self, draft_id: int, nonce: str) -> PainterPage | None:
        """Return the draft's page; see `PainterContext`. Raises UserError if the member may not open it."""
        draft = await self._drafts.by_nonce(draft_id, nonce)
        if draft is None:
            return None
        await self._check(draft)
        picture, mask = await self._drafts.files_of(draft)
        return PainterPage(picture, mask, draft.feather, draft.parameters.prompt)

    async def take_mask(self, draft_id: int, nonce: str, mask_image: Image.Image, feather: int) -> bool:
        """Store the painted region; see `PainterContext`. Raises UserError if the member may not open the page."""
        draft = await self._drafts.by_nonce(draft_id, nonce)
        if draft is None:
            return False
        await self._check(draft)
        return await self._drafts.take_painted(draft_id, nonce, mask_image, feather)

    async def _check(self, draft: Draft) -> None:
        guild_id, user_id = draft.place.guild_id, draft.user_id
        if guild_id == user_id:
            return
        await self._blocks.check(guild_id, user_id)
        try:
            member = await self._servers.member(guild_id, user_id)
        except UNREACHABLE as error:
            log.warning("could not fetch member %s of server %s", user_id, guild_id, exc_info=True)
            raise UserError(_("Discord doesn't answer me at the moment. Reload this page in a minute.")) from error
        sources = {*draft.source_ids, *filter(None, [draft.parent_id])}
        if member is None or len(await self._creations.seen_of(guild_id, sources, member)) < len(sources):
            raise NotAllowedError(
                _("This picture may not be shown outside Discord; choose the region on the draft's card instead.")
            )


def signing_secret(home: Path) -> bytes:
    """Return the 32 bytes that sign links.

    They are created once for each installation, in a file that only its owner can read.
    """
    path = home / "secret"
    if not path.exists():
        write_whole(path, secrets.token_bytes(SECRET_BYTES))
    return path.read_bytes()
