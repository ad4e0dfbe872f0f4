"""Removing pictures from wherever they are: rows, words, files, messages, showcase, challenges and digests."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime

import discord

from bot.challenges.service import ChallengeService
from bot.core.i18n import _
from bot.core.loops import run_forever, run_until_done
from bot.core.message_ref import MessageRef
from bot.creations.models import Creation
from bot.creations.remains_store import RemainsStore
from bot.creations.removal_store import BATCH, Left, RemovalStore
from bot.database.file_store import FileStore
from bot.digest.service import Digest
from bot.jobs.delivery import Delivery
from bot.platform.languages import language_of_server
from bot.showcase.service import Showcase
from bot.ui.text import left_card

log = logging.getLogger(__name__)

# No message is as old as that, so none has a token.
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Removal:
    """What was removed is gone from the disk at once; messages follow, and are tried again until they are right.

    `on_taken` is told of the galleries from which something was taken, `put_cases_right` shows their cards as they are.
    """

    def __init__(
        self,
        client: discord.Client,
        removals: RemovalStore,
        remains: RemainsStore,
        files: FileStore,
        delivery: Delivery,
        showcase: Showcase,
        challenges: ChallengeService,
        digest: Digest,
    ) -> None:
        self.on_taken: Callable[[Collection[int]], Awaitable[None]] = _nothing
        self.remove_stale_cases: Callable[[], Awaitable[int]] = _none_left
        self._client = client
        self._removals = removals
        self._remains = remains
        self._files = files
        self._delivery = delivery
        self._patience = delivery.patience
        self._showcase = showcase
        self._challenges = challenges
        self._digest = digest
        # Nobody knows what was left when it ended.
        self._has_remains = True

    async def run(self) -> None:
        """Try again what could not be shown, for ever; `Retention` does so at the start."""
        await run_forever(self._catch_up_when_due, "messages to put right could not be waited for", every=0.0)

    async def _catch_up_when_due(self) -> None:
        await self._patience.wait()
        # What is due is told once, so an error must not end this turn.
        await run_until_done(self.catch_up, "messages could not be put right")

    async def remove(self, creation_ids: Sequence[int]) -> None:
        """Remove pictures from everywhere."""
        await self.put_messages_right(await self.take(creation_ids))

    async def take(self, creation_ids: Sequence[int]) -> list[Creation]:
        """Take pictures out of the gallery and off the disk; return those that were there, for their messages."""
        creations: list[Creation] = []
        for first in range(0, len(creation_ids), BATCH):
            batch = await self._removals.remove(creation_ids[first : first + BATCH])
            self._has_remains = True
            await self._delete_files(batch)
            creations += batch
        await self.on_taken({each.guild_id for each in creations})
        return creations

    async def finish(self) -> None:
        """Do what a crash has left undone, and try now whatever could not be done."""
        while creations := await self._removals.with_files(BATCH):
            await self._delete_files(creations)
        await self.clear_remains()
        self._patience.start_anew()
        await self.catch_up()

    async def clear_remains(self) -> None:
        """Clear the database's files of the words of what was removed; what is still in use is cleared later."""
        words, self._has_remains = self._has_remains, False
        is_clear = False
        try:
            is_clear = await self._remains.clear(words=words)
        finally:
            self._has_remains |= words and not is_clear

    async def _delete_files(self, creations: Sequence[Creation]) -> None:
        for key in await self._removals.files_left_by(creations):
            await self._files.delete(key)
        await self._removals.let_go_of_files(creations)

    async def put_messages_right(
        self, creations: Sequence[Creation], redrawn: Collection[int] = (), until: float = math.inf
    ) -> int:
        """Take removed pictures off all messages that show them; return how many could not be changed yet.

        Those of challenges follow in a moment; those of jobs that are `redrawn` are not looked at; what isn't done at
        the loop's time `until` is left to `run`.
        """
        await self._client.wait_until_ready()
        left, done = 0, set(redrawn)
        for job_id in dict.fromkeys(each.job_id for each in creations if each.job_id not in done):
            left += not await self._delivery.redraw(job_id)
        self._challenges.on_changed()
        return left + await self.clear_messages(until)

    async def catch_up(self) -> None:
        """Put right all messages that are due."""
        await self._client.wait_until_ready()
        await self._delivery.catch_up()
        await self.clear_messages()

    async def clear_messages(self, until: float = math.inf) -> int:
        """Take what was removed off messages that are no job's; return how many could not be changed yet."""
        left = 0
        for each in await self._removals.left():
            if asyncio.get_running_loop().time() > until:
                self._patience.failed(_key(each))
                left += 1
            elif not self._patience.is_due(_key(each)):
                left += 1
            elif await self._patience.settle(_key(each), each.guild_id, self._clear(each)):
                await self._removals.forget(each)
            else:
                left += 1
        return (
            left
            + await self.remove_stale_cases()
            + await self._showcase.remove_stale()
            + await self._digest.remove_stale()
        )

    async def _clear(self, left: Left) -> None:
        with language_of_server(self._client, left.guild_id):
            card = left_card(_("Removed from the gallery.") if left.shows_picture else _("Withdrawn."))
        await self._delivery.edit(MessageRef(left.guild_id, left.channel_id, left.message_id, ""), LONG_AGO, card)


def _key(left: Left) -> str:
    return f"message {left.message_id}"


async def _nothing(_guild_ids: Collection[int]) -> None:
    pass


async def _none_left() -> int:
    return 0
