"""What a member may ask for: all that is kept of them, or that nothing is."""

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

# Of an archive's own entries, for every file in it.
OVERHEAD = 1024
MOST_PARTS = 10
# The answer to who wants to be forgotten doesn't wait longer for messages.
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is left after a member was forgotten: a block, and so many messages that are changed later."""

    is_blocked: bool
    messages: int


class PrivacyService:
    """Gives and forgets. `clock` tells what time it is."""

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
        """Return all that is kept of a member, as zip files of at most `limit` bytes each. Raises UserError."""
        rows = await self._privacy.everything(user_id)
        paths = [path for path in map(self._files.path, sorted(await self._own_files(user_id))) if path.is_file()]
        size = sum(path.stat().st_size + OVERHEAD for path in paths)
        refusal = _(
            "What I keep of you takes {size} MiB, more than I can send here; ask whoever runs me for it.",
            size=f"{size / 2**20:.1f}",
        )
        if size > MOST_PARTS * limit:
            raise UserError(refusal)
        parts = await asyncio.to_thread(lambda: list(_archives(rows, paths, limit)))
        if len(parts) > MOST_PARTS or max(map(len, parts)) > limit:
            raise UserError(refusal)
        return parts

    async def _own_files(self, user_id: int) -> set[str]:
        """Return the keys of a member's files, without copies of others' pictures.

        What went on from another's picture is theirs where it looks otherwise: then they uploaded it.
        """
        keys, copies = await self._privacy.files_of(user_id)
        for copy in copies:
            if copy.key not in keys and await self._is_other(copy):
                keys.add(copy.key)
        return keys

    async def _is_other(self, copy: Copy) -> bool:
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
        """Forget a member: pictures, words and files everywhere.

        Messages that can't be changed now, or within a minute, are changed later: all of them are on a list by then.
        """
        await self._jobs.cancel_all(user_id)
        creations = await self._removal.take(await self._privacy.pictures(user_id))
        jobs, keys = await self._privacy.jobs(user_id), await self._privacy.files_named(user_id)
        self._delivery.hand_on(await self._privacy.tokens(user_id, TOKEN_LIFETIME))
        is_blocked = await self._privacy.forget(user_id, self._clock())
        for key in await self._removals.unnamed(keys):
            await self._files.delete(key)
        until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        left = await self._put_messages_right(jobs, until)
        left += await self._removal.put_messages_right(creations, jobs, until)
        await self._removal.clear_remains()
        return Forgotten(is_blocked, left)

    async def _put_messages_right(self, jobs: Sequence[int], until: float) -> int:
        """Redraw the messages of jobs, the newest first; return how many have yet to be redrawn."""
        left = 0
        for number, job_id in enumerate(jobs):
            if asyncio.get_running_loop().time() > until:
                # The answer comes now; `Removal.run` goes on with the others.
                self._delivery.patience.failed("messages of deleted jobs")
                return left + len(jobs) - number
            left += not await self._delivery.redraw(job_id)
        return left


def _archives(rows: dict[str, Any], paths: list[Path], limit: int) -> Iterator[bytes]:
    """Yield zip files, the first with all rows; a picture goes where it still fits."""
    data = json.dumps(rows, indent=1, ensure_ascii=False, default=str).encode()
    buffer, left = io.BytesIO(), limit
    archive = zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED)
    archive.writestr("everything.json", data)
    left -= buffer.tell() + OVERHEAD
    for path in paths:
        need = path.stat().st_size + OVERHEAD
        if need > left:
            archive.close()
            yield buffer.getvalue()
            buffer, left = io.BytesIO(), limit
            archive = zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED)
        archive.write(path, f"pictures/{path.name}", zipfile.ZIP_STORED)
        left -= need
    archive.close()
    yield buffer.getvalue()
