"""Picture bytes on disk, named by their content."""

import asyncio
import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from PIL import Image

from bot.imaging.images import to_png

# Whatever is about to be named by a row is named sooner.
OLD_SECONDS = 60 * 60


class FileStore:
    """A folder of files; a key is the hash of a file's bytes with its suffix, so equal files are kept once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Held while a file is renewed, and while one is found to be old and removed.
        self._aging = threading.Lock()

    def path(self, key: str) -> Path:
        """Return where the file of a key lies."""
        return self.folder / key[:2] / key

    async def put(self, data: bytes, suffix: str = "png") -> str:
        """Keep the bytes and return their key; once it returns, they are on disk, whole."""
        return await asyncio.to_thread(self._put, data, suffix)

    async def put_picture(self, image: Image.Image) -> str:
        """Keep a picture as a PNG file; see `put`."""
        return await self.put(await asyncio.to_thread(to_png, image))

    async def get(self, key: str) -> bytes:
        """Return the bytes of a key. Raises FileNotFoundError."""
        return await asyncio.to_thread(self.path(key).read_bytes)

    async def picture(self, key: str) -> Image.Image:
        """Return the picture in a file. Raises FileNotFoundError."""

        def opened() -> Image.Image:
            with Image.open(self.path(key)) as image:
                image.load()
                return image

        return await asyncio.to_thread(opened)

    async def derived(self, key: str, make: Callable[[bytes], bytes]) -> bytes:
        """Return what a function makes of a file's bytes; it is made once, and kept beside the file."""
        return await asyncio.to_thread(self._derived, key, make)

    async def delete(self, key: str) -> None:
        """Delete a file and all that was derived from it; nothing happens where it is gone."""
        await asyncio.to_thread(self._delete, key)

    def _delete(self, key: str) -> None:
        for path in self.path(key).parent.glob(f"{self.path(key).stem}.*"):
            path.unlink(missing_ok=True)

    def _derived(self, key: str, make: Callable[[bytes], bytes]) -> bytes:
        path = self.path(key).with_suffix(f".{make.__name__}")
        if not path.exists():
            write_whole(path, make(self.path(key).read_bytes()))
        return path.read_bytes()

    def _put(self, data: bytes, suffix: str) -> str:
        key = key_of(data, suffix)
        if not self._renewed(self.path(key)):
            write_whole(self.path(key), data)
        return key

    def _renewed(self, path: Path) -> bool:
        """Make a file new again, which is about to be named; return False where there is none."""
        with self._aging, suppress(FileNotFoundError):
            os.utime(path)
            return True
        return False

    async def collect(self, named: Collection[str]) -> int:
        """Remove the files older than an hour that are neither named nor made of one that is; return how many."""
        return await asyncio.to_thread(self._collect, {Path(key).stem for key in named})

    def _collect(self, stems: set[str]) -> int:
        removed = 0
        for path in self.folder.glob("??/*"):
            if path.stem in stems:
                continue
            with self._aging:
                if time.time() - path.stat().st_mtime > OLD_SECONDS:
                    path.unlink()
                    removed += 1
        return removed


def key_of(data: bytes, suffix: str = "png") -> str:
    """Return the key under which bytes are kept."""
    return f"{hashlib.sha256(data).hexdigest()}.{suffix}"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is never seen in part, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix="new-", delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
