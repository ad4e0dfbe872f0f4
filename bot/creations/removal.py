"""Removal of pictures from all places: rows, words, files, messages, showcase, challenges and digests."""

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

# Older than any interaction token, for messages that have none.
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Removal:
    """Service that removes pictures: rows and files at once, messages afterwards, with retries until they are edited.

    `on_taken` is called with the ids of the guilds from whose galleries pictures were removed. `remove_stale_cases`
    updates the cards of moderation cases that still show a removed picture, and returns how many could not be updated.
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
        self.on_taken: Callable[[Collection[int]], Awaitable[None]] = _ignore_taken
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
        # Whether deleted words may remain in the database's files; unknown at startup, so True.
        self._has_remains = True

    async def run(self) -> None:
        """Retry the edits of messages when they are due, until cancelled; the first try at startup is `Retention`'s."""
        await run_forever(self._catch_up_when_due, "waiting for messages to edit failed", every=0.0)

    async def _catch_up_when_due(self) -> None:
        await self._patience.wait()
        # `Patience.wait` reports each due message once, so it has to be handled in this turn, even after an error.
        await run_until_done(self.catch_up, "messages with removed pictures could not be edited")

    async def remove(self, creation_ids: Sequence[int]) -> None:
        """Remove pictures from the gallery, the disk and all messages."""
        await self.put_messages_right(await self.take(creation_ids))

    async def take(self, creation_ids: Sequence[int]) -> list[Creation]:
        """Remove pictures from the gallery and delete their files, in batches.

        Return the pictures that were still there, to be passed to `put_messages_right`.
        """
        creations: list[Creation] = []
        for first in range(0, len(creation_ids), BATCH):
            batch = await self._removals.remove(creation_ids[first : first + BATCH])
            self._has_remains = True
            await self._delete_files(batch)
            creations += batch
        await self.on_taken({each.guild_id for each in creations})
        return creations

    async def finish(self) -> None:
        """Complete removals that a crash interrupted, and retry all outstanding edits now."""
        while creations := await self._removals.with_files(BATCH):
            await self._delete_files(creations)
        await self.clear_remains()
        self._patience.start_anew()
        await self.catch_up()

    async def clear_remains(self) -> None:
        """Erase the remains of removed words from the database's files; if that fails, the next call does it again."""
        has_words, self._has_remains = self._has_remains, False
        is_clear = False
        try:
            is_clear = await self._remains.clear(words=has_words)
        finally:
            self._has_remains |= has_words and not is_clear

    async def _delete_files(self, creations: Sequence[Creation]) -> None:
        for key in await self._removals.files_left_by(creations):
            await self._files.delete(key)
        await self._removals.let_go_of_files(creations)

    async def put_messages_right(
        self, creations: Sequence[Creation], redrawn: Collection[int] = (), until: float = math.inf
    ) -> int:
        """Remove pictures from the messages that show them; return the number of messages still to be edited.

        The cards of challenges are edited by their own loop, and not counted. Jobs in `redrawn` are skipped, because
        their messages were edited before. Edits that are not done by `until`, in seconds of the event loop's clock,
        are left to `run`.
        """
        await self._client.wait_until_ready()
        pending, done = 0, set(redrawn)
        for job_id in dict.fromkeys(each.job_id for each in creations if each.job_id not in done):
            pending += not await self._delivery.redraw(job_id)
        self._challenges.on_changed()
        return pending + await self.clear_messages(until)

    async def catch_up(self) -> None:
        """Retry the edits of all messages that are due, those of jobs included."""
        await self._client.wait_until_ready()
        await self._delivery.catch_up()
        await self.clear_messages()

    async def clear_messages(self, until: float = math.inf) -> int:
        """Remove deleted content from all other messages than those of jobs, until `until`.

        Covers repeated posts, cards of moderation cases, the showcase and digests. Return the number of messages still
        to be edited.
        """
        pending = 0
        for each in await self._removals.left():
            if asyncio.get_running_loop().time() > until:
                self._patience.failed(_key(each))
                pending += 1
            elif not self._patience.is_due(_key(each)):
                pending += 1
            elif await self._patience.settle(_key(each), each.guild_id, self._clear(each)):
                await self._removals.forget(each)
            else:
                pending += 1
        return (
            pending
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


async def _ignore_taken(_guild_ids: Collection[int]) -> None:
    pass


async def _none_left() -> int:
    return 0
