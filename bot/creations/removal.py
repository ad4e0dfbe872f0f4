"""Removal of pictures from all places: rows, words, files, messages, showcase, challenges and digests."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Protocol

from bot.core.errors import NotAllowedError, UserError
from bot.core.i18n import _
from bot.core.loops import run_forever, run_until_done
from bot.core.message_ref import MessageRef
from bot.creations.models import Creation
from bot.creations.refusals import GONE
from bot.creations.remains_store import RemainsStore
from bot.creations.removal_store import BATCH, Left, RemovalStore
from bot.creations.store import CreationStore
from bot.database.file_store import FileStore
from bot.platform.languages import language_of_server
from bot.platform.patience import Patience
from bot.ui.cards import Card
from bot.ui.host import Host
from bot.ui.text import left_card

log = logging.getLogger(__name__)

# Older than any interaction token, for messages that have none.
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class JobMessages(Protocol):
    """The messages of jobs, as `bot.jobs.delivery.Delivery` edits them."""

    @property
    def patience(self) -> Patience:
        """Retries of messages that could not be edited."""
        ...

    async def redraw(self, job_id: int) -> bool:
        """Redraw a job's message without its removed pictures; return False if that could not be done yet."""
        ...

    async def catch_up(self) -> None:
        """Redraw the messages of jobs whose retry is due."""
        ...

    async def edit(self, place: MessageRef, since: datetime, card: Card) -> None:
        """Edit a message; `since` is when its interaction token was issued."""
        ...


class Removal:
    """Removes pictures: files and rows at once, then messages, which are retried until they are edited.

    Features that show pictures register themselves. `on_taken` gets the ids of the guilds from whose galleries pictures
    were taken. `on_removed` is called once the messages of jobs are edited. Each function of `redraw_outdated` edits
    the messages of its feature, and returns how many could not be edited yet.
    """

    def __init__(
        self,
        client: Host,
        removals: RemovalStore,
        remains: RemainsStore,
        creations: CreationStore,
        files: FileStore,
        messages: JobMessages,
    ) -> None:
        self.on_taken: list[Callable[[Collection[int]], Awaitable[None]]] = []
        self.on_removed: list[Callable[[], None]] = []
        self.redraw_outdated: list[Callable[[], Awaitable[int]]] = []
        self._client = client
        self._removals = removals
        self._remains = remains
        self._creations = creations
        self._files = files
        self._messages = messages
        self._patience = messages.patience
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

    async def remove_as(self, guild_id: int, creation_id: int, user_id: int, *, moderator: bool) -> None:
        """Remove a picture for its maker or a moderator. Raises UserError if it is gone or they may not."""
        found = await self._creations.any_creation(guild_id, creation_id)
        if found is None:
            raise UserError(_(GONE))
        check_may_remove(found[0], user_id, moderator=moderator)
        await self.remove([creation_id])

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
        for listener in self.on_taken:
            await listener({each.guild_id for each in creations})
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
            pending += not await self._messages.redraw(job_id)
        for listener in self.on_removed:
            listener()
        return pending + await self.clear_messages(until)

    async def catch_up(self) -> None:
        """Retry the edits of all messages that are due, those of jobs included."""
        await self._client.wait_until_ready()
        await self._messages.catch_up()
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
        return pending + sum([await redraw_outdated() for redraw_outdated in self.redraw_outdated])

    async def _clear(self, left: Left) -> None:
        with language_of_server(self._client, left.guild_id):
            card = left_card(_("Removed from the gallery.") if left.shows_picture else _("Withdrawn."))
        await self._messages.edit(MessageRef(left.guild_id, left.channel_id, left.message_id, ""), LONG_AGO, card)


def _key(left: Left) -> str:
    return f"message {left.message_id}"


def check_may_remove(creation: Creation, user_id: int, *, moderator: bool) -> None:
    """Raise NotAllowedError unless the member made the picture or is a moderator."""
    if creation.user_id != user_id and not moderator:
        raise NotAllowedError(_("Only the member who made this, or a moderator, can remove it."))
