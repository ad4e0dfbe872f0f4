"""Detection of copies of kept-out pictures, among input pictures and among results."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from PIL import Image

from bot.core.errors import UserError
from bot.core.i18n import _
from bot.creations.models import Creation
from bot.database.file_store import FileStore
from bot.imaging.images import to_png
from bot.imaging.phash import fingerprint
from bot.kept_out.models import KeptOut
from bot.kept_out.store import KeptOutStore


class KeptOutService:
    """Checks input pictures and results against the pictures that a server's moderators keep out.

    Copies are recognised by `bot.imaging.phash.Fingerprint.is_like`, so that scaling or compressing doesn't hide them.
    """

    def __init__(self, store: KeptOutStore, files: FileStore) -> None:
        self._store = store
        self._files = files

    async def keep_out(self, creation: Creation, by: int) -> None:
        """Keep copies of a picture out of its server; call this before the picture's file is deleted.

        `by` is the moderator's id. Raises UserError if the file is gone.
        """
        try:
            file = await self._files.get(creation.file_key)
        except FileNotFoundError as error:
            raise UserError(_("That picture's file is gone, so I could not know it again.")) from error
        hashes = await asyncio.to_thread(fingerprint, file)
        await self._store.add(creation.guild_id, creation.id, hashes, by)

    async def check_files(self, guild_id: int, *keys: str) -> None:
        """Raise UserError if one of the files is a copy of a picture kept out of the server; skip empty keys."""
        kept_out = await self._store.of_guild(guild_id)
        for key in filter(None, keys if kept_out else ()):
            # If a file was deleted meanwhile, the job itself fails with that reason.
            with suppress(FileNotFoundError):
                _check(await _find_match(await self._files.get(key), kept_out))

    async def check(self, guild_id: int, *pictures: Image.Image) -> None:
        """Raise UserError if one of the pictures is a copy of a picture kept out of the server."""
        kept_out = await self._store.of_guild(guild_id)
        for picture in pictures if kept_out else ():
            _check(await _find_match(await asyncio.to_thread(to_png, picture), kept_out))

    async def found(self, guild_id: int, files: Sequence[bytes]) -> list[int]:
        """Return, for each picture file, the creation id of the kept-out picture that it is a copy of, or 0."""
        kept_out = await self._store.of_guild(guild_id)
        return [await _find_match(each, kept_out) if kept_out else 0 for each in files]

    async def of_guild(self, guild_id: int) -> list[KeptOut]:
        """Return the pictures kept out of a server, the newest first."""
        return await self._store.of_guild(guild_id)

    async def let_in(self, guild_id: int, kept_out_id: int) -> None:
        """Delete a picture from the list of kept-out ones. Raises UserError if it isn't on the server's list."""
        if not await self._store.remove(guild_id, kept_out_id):
            raise UserError(_("There is no such picture on the list; `/moderation kept-out` shows it."))


async def _find_match(file: bytes, kept_out: Sequence[KeptOut]) -> int:
    candidate = await asyncio.to_thread(fingerprint, file)
    return next((each.creation_id for each in kept_out if each.fingerprint.is_like(candidate)), 0)


def _check(creation_id: int) -> None:
    if creation_id:
        raise UserError(_("This server's moderators keep that picture out; take another one."))
