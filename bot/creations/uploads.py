"""Pictures of the gallery as files of a message."""

import asyncio
from collections.abc import Sequence

import discord

from bot.creations.models import Creation
from bot.database.file_store import FileStore
from bot.imaging.images import fit_upload
from bot.ui.cards import Upload

# Of all files of one message together.
REQUEST_LIMIT = 24 * 1024 * 1024
DESCRIPTION_SHOWN = 256


async def uploads(
    files: FileStore, creations: Sequence[Creation], description: str, guild: discord.Guild | None
) -> tuple[Upload, ...]:
    """Return pictures as files that Discord takes in a guild, as PNG where that is small enough."""
    largest = guild.filesize_limit if guild else discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES
    limit = min(largest, REQUEST_LIMIT // len(creations))
    return tuple([await upload(files, creation, description[:DESCRIPTION_SHOWN], limit) for creation in creations])


async def upload(files: FileStore, creation: Creation, description: str, limit: int) -> Upload:
    """Return a picture as a file of at most `limit` bytes."""
    png = await files.get(creation.file_key)
    data, suffix = await asyncio.to_thread(fit_upload, png, limit)
    return Upload(f"atelier-{creation.id}.{suffix}", data, description, creation.is_spoiler)
