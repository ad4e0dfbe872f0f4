"""Conversion of the gallery's pictures into files for a message, within Discord's size limits."""

import asyncio
from collections.abc import Sequence

from bot.creations.models import Creation
from bot.database.file_store import FileStore
from bot.imaging.images import fit_upload
from bot.ui.cards import Upload

# Limit in bytes for all files of one message together.
REQUEST_LIMIT = 24 * 1024 * 1024
DESCRIPTION_SHOWN = 256


async def uploads(
    files: FileStore, creations: Sequence[Creation], description: str, largest: int
) -> tuple[Upload, ...]:
    """Return pictures as files of at most `largest` bytes each, as PNG if that is small enough.

    Each file may have an equal share of REQUEST_LIMIT. `description` is the alternative text, cut to 256 characters.
    """
    limit = min(largest, REQUEST_LIMIT // len(creations))
    return tuple([await upload(files, creation, description[:DESCRIPTION_SHOWN], limit) for creation in creations])


async def upload(files: FileStore, creation: Creation, description: str, limit: int) -> Upload:
    """Return a picture as a PNG, WebP or JPEG file of at most `limit` bytes; see `bot.imaging.images.fit_upload`."""
    png = await files.get(creation.file_key)
    data, suffix = await asyncio.to_thread(fit_upload, png, limit)
    return Upload(f"atelier-{creation.id}.{suffix}", data, description, creation.is_spoiler)
