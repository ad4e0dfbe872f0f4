"""Pictures that moderators keep from coming back: as something to paint on, and as a result."""

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
    """Asked wherever a picture comes in, and before a result is shown."""

    def __init__(self, store: KeptOutStore, files: FileStore) -> None:
        self._store = store
        self._files = files

    async def keep_out(self, creation: Creation, by: int) -> None:
        """Keep a picture out of its server from now on; to be called before its file is removed."""
        try:
            file = await self._files.get(creation.file_key)
        except FileNotFoundError as error:
            raise UserError(_("That picture's file is gone, so I could not know it again.")) from error
        known = await asyncio.to_thread(fingerprint, file)
        await self._store.add(creation.guild_id, creation.id, known, by)

    async def check_files(self, guild_id: int, *keys: str) -> None:
        """Raise UserError where one of some files, where there are any, is kept out of a server."""
        kept_out = await self._store.of_guild(guild_id)
        for key in filter(None, keys if kept_out else ()):
            # Of a file that was removed meanwhile the job itself will tell.
            with suppress(FileNotFoundError):
                _check(await _found(await self._files.get(key), kept_out))

    async def check(self, guild_id: int, *pictures: Image.Image) -> None:
        """Raise UserError where one of some pictures is kept out of a server."""
        kept_out = await self._store.of_guild(guild_id)
        for picture in pictures if kept_out else ():
            _check(await _found(await asyncio.to_thread(to_png, picture), kept_out))

    async def found(self, guild_id: int, files: Sequence[bytes]) -> list[int]:
        """Return of each picture the number of the one, kept out of a server, that it is a copy of, or 0."""
        kept_out = await self._store.of_guild(guild_id)
        return [await _found(each, kept_out) if kept_out else 0 for each in files]

    async def of_guild(self, guild_id: int) -> list[KeptOut]:
        """Return what is kept out of a server, the newest first."""
        return await self._store.of_guild(guild_id)

    async def let_in(self, guild_id: int, kept_out_id: int) -> None:
        """Keep a picture out no longer. Raises UserError where it was not."""
        if not await self._store.remove(guild_id, kept_out_id):
            raise UserError(_("There is no such picture on the list; `/moderation kept-out` shows it."))


async def _found(file: bytes, kept_out: Sequence[KeptOut]) -> int:
    known = await asyncio.to_thread(fingerprint, file)
    return next((each.creation_id for each in kept_out if each.fingerprint.is_like(known)), 0)


def _check(creation_id: int) -> None:
    if creation_id:
        raise UserError(_("This server's moderators keep that picture out; take another one."))
