"""Named styles: commands."""

from bot.creations.given_pictures import GivenPictures
from bot.database.file_store import FileStore
from bot.styles.cog import Styles
from bot.styles.service import StyleService
from bot.ui.feature import Feature


def setup(styles: StyleService, files: FileStore, given: GivenPictures) -> Feature:
    """Return the commands of named styles."""
    return Feature(cogs=(Styles(styles, files, given),))
