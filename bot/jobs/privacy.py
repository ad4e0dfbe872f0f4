"""What a member may ask for: all that is kept of them, or that nothing is."""

import asyncio
import io
import json
import logging
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import discord

from bot.errors import UserError
from bot.gallery.files import Files
from bot.gallery.privacy import PrivacyStore
from bot.gallery.removal import RemovalStore
from bot.jobs.delivery import UNREACHABLE, Delivery
from bot.jobs.desk import JobDesk
from bot.jobs.languages import language_of_channel
from bot.jobs.removal import Removal
from bot.views.cards import left_card
from bot.words import say

log = logging.getLogger(__name__)

# Of an archive's own entries, for every file in it.
OVERHEAD = 1024
MOST_PARTS = 10


class PrivacyDesk:
    """Gives and forgets. `clock` tells what time it is."""

    def __init__(
        self,
        client: discord.Client,
        privacy: PrivacyStore,
        removals: RemovalStore,
        removal: Removal,
        files: Files,
        jobs: JobDesk,
        delivery: Delivery,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
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
        keys = sorted(await self._privacy.files_of(user_id))
        paths = [path for path in map(self._files.path, keys) if path.is_file()]
        size = sum(path.stat().st_size + OVERHEAD for path in paths)
        refusal = say(
            "What I keep of you takes {size} MiB, more than I can send here; ask whoever runs me for it.",
            size=f"{size / 2**20:.1f}",
        )
        if size > MOST_PARTS * limit:
            raise UserError(refusal)
        parts = await asyncio.to_thread(lambda: list(_archives(rows, paths, limit)))
        if len(parts) > MOST_PARTS or max(map(len, parts)) > limit:
            raise UserError(refusal)
        return parts

    async def forget(self, user_id: int) -> bool:
        """Forget a member: pictures, words and files everywhere; return whether a block stays."""
        await self._jobs.cancel_all(user_id)
        creations = await self._removal.take(await self._privacy.pictures(user_id))
        jobs, cards = await self._privacy.jobs(user_id), await self._privacy.cards_of(user_id)
        keys = await self._privacy.files_of(user_id)
        is_blocked = await self._privacy.forget(user_id, self._clock())
        for key in await self._removals.unnamed(keys):
            await self._files.delete(key)
        await self._removal.put_messages_right(creations)
        for job_id in jobs:
            await self._delivery.redraw(job_id)
        for channel_id, message_id in cards:
            message = self._client.get_partial_messageable(channel_id).get_partial_message(message_id)
            with language_of_channel(self._client, channel_id):
                view = left_card(say("Withdrawn.")).view
            try:
                await message.edit(view=view, attachments=[])
            except UNREACHABLE:
                log.warning("message %s still names somebody who was forgotten", message_id, exc_info=True)
        return is_blocked


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
