"""Downloads of the files that members attach."""

import discord
from PIL import Image

from bot.core.errors import PictureError
from bot.core.i18n import _
from bot.imaging.images import check_size, read_picture

Attachment = discord.Attachment


async def download(attachment: Attachment) -> Image.Image:
    """Return the image in an attachment. Raises PictureError; see `bot.imaging.images.read_picture`."""
    return await read_picture(await download_bytes(attachment))


async def download_bytes(attachment: Attachment) -> bytes:
    """Return the bytes of an attachment. Raises PictureError if it is too large or Discord does not deliver it."""
    check_size(attachment.size)
    try:
        return await attachment.read()
    except discord.HTTPException as error:
        refusal = _("Discord would not give me {file}; attach it again.", file=attachment.filename)
        raise PictureError(refusal) from error
