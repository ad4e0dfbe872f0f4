"""Removing pictures from wherever they are: rows, words, files, messages, showcase, challenges and digests."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Protocol

import discord

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
from bot.ui.text import left_card

log = logging.getLogger(__name__)

# No message is as old as that, so none has a token.
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
    were taken; `on_removed` is called once the messages of jobs are edited; each of `remove_stale` edits the messages
    of its feature and returns how many could not be edited yet.
    """

    def __init__(
        self,
        client: discord.Client,
        removals: RemovalStore,
        remains: RemainsStore,
        creations: CreationStore,
        files: FileStore,
        messages: JobMessages,
    ) -> None:
        self.on_taken: list[Callable[[Collection[int]], Awaitable[None]]] = []
        self.on_removed: list[Callable[[], None]] = []
        self.remove_stale: list[Callable[[], Awaitable[int]]] = []
        self._client = client
        self._removals = removals
        self._remains = remains
        self._creations = creations
        self._files = files
        self._messages = messages
        self._patience = messages.patience
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

    async def remove_as(self, guild_id: int, creation_id: int, user_id: int, *, moderator: bool) -> None:
        """Remove a picture for its maker or a moderator. Raises UserError if it is gone or they may not."""
        found = await self._creations.any_creation(guild_id, creation_id)
        if found is None:
            raise UserError(_(GONE))
        check_may_remove(found[0], user_id, moderator=moderator)
        await self.remove([creation_id])

    async def take(self, creation_ids: Sequence[int]) -> list[Creation]:
        """Take pictures out of the gallery and off the disk; return those that were there, for their messages."""
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
            left += not await self._messages.redraw(job_id)
        for listener in self.on_removed:
            listener()
        return left + await self.clear_messages(until)

    async def catch_up(self) -> None:
        """Put right all messages that are due."""
        await self._client.wait_until_ready()
        await self._messages.catch_up()
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
        return left + sum([await remove_stale() for remove_stale in self.remove_stale])

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
