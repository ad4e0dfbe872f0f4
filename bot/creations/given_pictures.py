"""Pictures that members give as files, and which pictures of the gallery they are."""

from dataclasses import dataclass
from typing import Any

import discord
from PIL import Image

from bot.core.errors import UserError
from bot.core.i18n import _
from bot.creations.models import Creation
from bot.creations.refusals import GONE
from bot.creations.source_store import SourceStore
from bot.database.file_store import key_of
from bot.imaging.images import read_picture
from bot.ui.attachments import download_bytes
from bot.ui.interactions import gallery_of


@dataclass(frozen=True, slots=True)
class Given:
    """A member's file, read; `creation` is the picture of the gallery whose file it is, None where it is none."""

    image: Image.Image
    creation: Creation | None

    @property
    def source_ids(self) -> tuple[int, ...]:
        """The creations that a job made from it is made from."""
        return (self.creation.id,) if self.creation else ()


class GivenPictures:
    """Reads what members attach. A picture that was saved from a message of the bot is recognised by its bytes."""

    def __init__(self, sources: SourceStore) -> None:
        self._sources = sources

    async def read(self, interaction: discord.Interaction[Any], attachment: discord.Attachment) -> Given:
        """Return an attached picture.

        Raises PictureError (see `bot.imaging.images.read_picture`), and UserError where moderators hold it back.
        """
        data = await download_bytes(attachment)
        creation = await self._sources.by_file(gallery_of(interaction), key_of(data), interaction.user.id)
        if creation and not creation.is_shown:
            raise UserError(_(GONE))
        return Given(await read_picture(data), creation)
