"""Pictures that members attach as files, matched with the pictures of the gallery."""

from dataclasses import dataclass

from PIL import Image

from bot.core.errors import UserError
from bot.core.i18n import _
from bot.creations.models import Creation
from bot.creations.refusals import GONE
from bot.creations.source_store import SourceStore
from bot.database.file_store import key_of
from bot.imaging.images import read_picture
from bot.ui.attachments import Attachment, download_bytes
from bot.ui.host import Interaction
from bot.ui.interactions import gallery_of


@dataclass(frozen=True, slots=True)
class Given:
    """A decoded attachment; `creation` is the picture of the gallery with the same file, or None."""

    image: Image.Image
    creation: Creation | None

    @property
    def source_ids(self) -> tuple[int, ...]:
        """Ids for `bot.jobs.models.NewJob.source_ids` of a job that is made from this picture."""
        return (self.creation.id,) if self.creation else ()


class GivenPictures:
    """Reader of attachments. A picture that was saved from a message of the bot is recognised by the hash of its bytes.

    A copy that was changed or compressed is not recognised.
    """

    def __init__(self, sources: SourceStore) -> None:
        self._sources = sources

    async def read(self, interaction: Interaction, attachment: Attachment) -> Given:
        """Download and decode an attached picture.

        Raises PictureError as `bot.imaging.images.read_picture` does, and UserError if the picture is in the gallery
        and held for the moderators.
        """
        data = await download_bytes(attachment)
        creation = await self._sources.by_file(gallery_of(interaction), key_of(data), interaction.user.id)
        if creation and not creation.is_shown:
            raise UserError(_(GONE))
        return Given(await read_picture(data), creation)
