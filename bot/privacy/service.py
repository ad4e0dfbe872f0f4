"""Export and deletion of a member's data."""

import asyncio
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.core.errors import UserError
from bot.core.i18n import _
from bot.creations.removal import Removal
from bot.creations.removal_store import RemovalStore
from bot.database.file_store import FileStore
from bot.imaging.phash import fingerprint
from bot.jobs.delivery import TOKEN_LIFETIME, Delivery
from bot.jobs.service import JobService
from bot.privacy.store import Copy, PrivacyStore

# Bytes reserved in a zip archive for the headers of each file.
OVERHEAD = 1024
MOST_PARTS = 10
# Longest time that the reply to a deletion waits for messages to be edited.
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The result of a deletion: whether a block remains, and how many messages have yet to be edited."""

    is_blocked: bool
    messages: int


class PrivacyService:
    """Exports and deletes everything about a member. `clock` returns the current time."""

    def __init__(
        self,
        privacy: PrivacyStore,
        removals: RemovalStore,
        removal: Removal,
        files: FileStore,
        jobs: JobService,
        delivery: Delivery,
        clock: Callable[[], datetime],
    ) -> None:
        self._privacy = privacy
        self._removals = removals
        self._removal = removal
        self._files = files
        self._jobs = jobs
        self._delivery = delivery
        self._clock = clock

    async def export(self, user_id: int, limit: int) -> list[bytes]:
        """Return everything stored about a member, as zip files of at most `limit` bytes each.

        Raises UserError if that takes more than 10 files, or one file is larger than `limit`.
        """
        rows = await self._privacy.everything(user_id)
        paths = [path for path in map(self._files.path, sorted(await self._own_files(user_id))) if path.is_file()]
        size = sum(path.stat().st_size + OVERHEAD for path in paths)
        too_large = _(
            "What I keep of you takes {size} MiB, more than I can send here; ask whoever runs me for it.",
            size=f"{size / 2**20:.1f}",
        )
        if size > MOST_PARTS * limit:
            raise UserError(too_large)
        parts = await asyncio.to_thread(lambda: list(_archives(rows, paths, limit)))
        if len(parts) > MOST_PARTS or max(map(len, parts)) > limit:
            raise UserError(too_large)
        return parts

    async def _own_files(self, user_id: int) -> set[str]:
        """Return the keys of a member's files, without copies of other members' pictures.

        A file that replaces another member's picture counts as theirs if it looks different: then they uploaded it.
        """
        keys, copies = await self._privacy.files_of(user_id)
        for copy in copies:
            if copy.key not in keys and await self._is_upload(copy):
                keys.add(copy.key)
        return keys

    async def _is_upload(self, copy: Copy) -> bool:
        if not copy.parent_key:
            return False
        try:
            copied, parent = [
                await asyncio.to_thread(fingerprint, await self._files.get(key)) for key in (copy.key, copy.parent_key)
            ]
        except FileNotFoundError:
            return False
        return not copied.is_like(parent)

    async def forget(self, user_id: int) -> Forgotten:
        """Delete everything about a member: jobs, pictures, texts and files, in all servers.

        Messages that can't be edited within a minute are recorded, and edited later by `Removal.run`.
        """
        await self._jobs.cancel_all(user_id)
        creations = await self._removal.take(await self._privacy.pictures(user_id))
        jobs, keys = await self._privacy.jobs(user_id), await self._privacy.files_named(user_id)
        self._delivery.hand_on(await self._privacy.tokens(user_id, TOKEN_LIFETIME))
        is_blocked = await self._privacy.forget(user_id, self._clock())
        for key in await self._removals.unnamed(keys):
            await self._files.delete(key)
        until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        left = await self._redraw_messages(jobs, until)
        left += await self._removal.put_messages_right(creations, jobs, until)
        await self._removal.clear_remains()
        return Forgotten(is_blocked, left)

    async def _redraw_messages(self, jobs: Sequence[int], until: float) -> int:
        """Redraw the messages of jobs until the loop time `until`; return how many have yet to be redrawn."""
        left = 0
        for number, job_id in enumerate(jobs):
            if asyncio.get_running_loop().time() > until:
                # Out of time: `Removal.run` redraws the others later.
                self._delivery.patience.failed("messages of deleted jobs")
                return left + len(jobs) - number
            left += not await self._delivery.redraw(job_id)
        return left


def _archives(rows: dict[str, Any], paths: list[Path], limit: int) -> Iterator[bytes]:
    """Yield zip files: the first has all rows as JSON, and each is filled with pictures up to `limit` bytes."""
    data = json.dumps(rows, indent=1, ensure_ascii=False, default=str).encode()
    buffer, left = io.BytesIO(), limit
    archive = zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED)
    archive.writestr("everything.json", data)
    left -= buffer.tell() + OVERHEAD
    for path in paths:
        needed = path.stat().st_size + OVERHEAD
        if needed > left:
            archive.close()
            yield buffer.getvalue()
            buffer, left = io.BytesIO(), limit
            archive = zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED)
        archive.write(path, f"pictures/{path.name}", zipfile.ZIP_STORED)
        left -= needed
    archive.close()
    yield buffer.getvalue()
