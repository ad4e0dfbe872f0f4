"""Content-addressed store of image files on disk."""

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

# A new file is referenced by a row long before this age, so older unreferenced files are garbage.
OLD_SECONDS = 60 * 60


class FileStore:
    """A folder of files named by their keys: the SHA-256 of the bytes, and a suffix. Equal files are stored once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Held while a file's time is updated, and while an old file is checked and removed.
        self._age_lock = threading.Lock()

    def path(self, key: str) -> Path:
        """Return the path of the file with this key, whether or not it exists."""
        return self.folder / key[:2] / key

    async def put(self, data: bytes, suffix: str = "png") -> str:
        """Store the bytes and return their key, after they have been written to disk completely."""
        return await asyncio.to_thread(self._put, data, suffix)

    async def put_picture(self, image: Image.Image) -> str:
        """Store an image as a PNG file and return its key; see `put`."""
        return await self.put(await asyncio.to_thread(to_png, image))

    async def get(self, key: str) -> bytes:
        """Return the bytes of the file with this key. Raises FileNotFoundError."""
        return await asyncio.to_thread(self.path(key).read_bytes)

    async def picture(self, key: str) -> Image.Image:
        """Return the decoded image in the file with this key. Raises FileNotFoundError."""

        def opened() -> Image.Image:
            with Image.open(self.path(key)) as image:
                image.load()
                return image

        return await asyncio.to_thread(opened)

    async def derived(self, key: str, make: Callable[[bytes], bytes]) -> bytes:
        """Return `make(bytes of the file)`, computed once and cached beside the file under the name of `make`."""
        return await asyncio.to_thread(self._derived, key, make)

    async def delete(self, key: str) -> None:
        """Delete a file and everything derived from it, if it exists."""
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
        if not self._touch(self.path(key)):
            write_whole(self.path(key), data)
        return key

    def _touch(self, path: Path) -> bool:
        """Set a file's time to now, so that `collect` keeps it; return False if it does not exist."""
        with self._age_lock, suppress(FileNotFoundError):
            os.utime(path)
            return True
        return False

    async def collect(self, named: Collection[str]) -> int:
        """Remove files older than an hour that are neither in `named` nor derived from one in it; return how many."""
        return await asyncio.to_thread(self._collect, {Path(key).stem for key in named})

    def _collect(self, stems: set[str]) -> int:
        removed = 0
        for path in self.folder.glob("??/*"):
            if path.stem in stems:
                continue
            with self._age_lock:
                if time.time() - path.stat().st_mtime > OLD_SECONDS:
                    path.unlink()
                    removed += 1
        return removed


def key_of(data: bytes, suffix: str = "png") -> str:
    """Return the key of a file with these bytes and suffix."""
    return f"{hashlib.sha256(data).hexdigest()}.{suffix}"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file atomically, with its folders; only its owner can read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix="new-", delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
