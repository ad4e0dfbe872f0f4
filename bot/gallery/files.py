"""Picture bytes on disk, named by their content."""

import asyncio
import hashlib
import os
import tempfile
from pathlib import Path


class Files:
    """A folder of files; a key is the hash of a file's bytes with its suffix, so equal files are kept once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, key: str) -> Path:
        """Return where the file of a key lies."""
        return self._folder / key[:2] / key

    async def put(self, data: bytes, suffix: str = "png") -> str:
        """Keep the bytes and return their key; once it returns, they are on disk, whole."""
        return await asyncio.to_thread(self._put, data, suffix)

    async def get(self, key: str) -> bytes:
        """Return the bytes of a key. Raises FileNotFoundError."""
        return await asyncio.to_thread(self.path(key).read_bytes)

    def _put(self, data: bytes, suffix: str) -> str:
        key = f"{hashlib.sha256(data).hexdigest()}.{suffix}"
        path = self.path(key)
        if path.exists():
            return key
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix="new-", delete=False) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
        return key
