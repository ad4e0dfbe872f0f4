"""The painter's page for drafts."""

import secrets
from pathlib import Path

from PIL import Image

from bot.gallery.files import write_whole
from bot.jobs.drafts import DraftDesk
from bot.web.painter import Sheet

SECRET_BYTES = 32


class DraftPainter:
    """Gives the painter's page a draft's picture and region, and takes what was painted."""

    def __init__(self, drafts: DraftDesk) -> None:
        self._drafts = drafts

    async def sheet(self, draft_id: int, nonce: str) -> Sheet | None:
        """See `bot.web.painter.PainterDesk`."""
        draft = await self._drafts.by_nonce(draft_id, nonce)
        if draft is None:
            return None
        picture, mask = await self._drafts.files_of(draft)
        return Sheet(picture, mask, draft.feather, draft.parameters.prompt)

    async def take_mask(self, draft_id: int, nonce: str, mask_image: Image.Image, feather: int) -> bool:
        """See `bot.web.painter.PainterDesk`."""
        return await self._drafts.take_painted(draft_id, nonce, mask_image, feather)


def signing_secret(home: Path) -> bytes:
    """Return the secret that signs links; made once for each installation, and readable by its owner alone."""
    path = home / "secret"
    if not path.exists():
        write_whole(path, secrets.token_bytes(SECRET_BYTES))
    return path.read_bytes()
