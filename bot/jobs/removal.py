"""Removing pictures from wherever they are: rows, files, messages, showcase, challenges and digests."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import discord

from bot.gallery.files import Files
from bot.gallery.removal import BATCH, RemovalStore
from bot.jobs.challenges import ChallengeDesk
from bot.jobs.delivery import UNREACHABLE, Delivery
from bot.jobs.digest import Digest
from bot.jobs.languages import language_of_channel
from bot.jobs.showcase import Showcase
from bot.records import Creation
from bot.views.cards import left_card
from bot.words import say

log = logging.getLogger(__name__)


class Removal:
    """What was removed is gone from the disk at once; messages follow. `on_removed` is told of each picture."""

    def __init__(
        self,
        client: discord.Client,
        removals: RemovalStore,
        files: Files,
        delivery: Delivery,
        showcase: Showcase,
        challenges: ChallengeDesk,
        digest: Digest,
    ) -> None:
        self.on_removed: Callable[[Creation], Awaitable[None]] = _nothing
        self._client = client
        self._removals = removals
        self._files = files
        self._delivery = delivery
        self._showcase = showcase
        self._challenges = challenges
        self._digest = digest

    async def remove(self, creation_ids: Sequence[int]) -> None:
        """Remove pictures from everywhere."""
        await self.put_messages_right(await self.take(creation_ids))

    async def take(self, creation_ids: Sequence[int]) -> list[Creation]:
        """Take pictures out of the gallery and off the disk; return those that were there, for their messages."""
        creations: list[Creation] = []
        for first in range(0, len(creation_ids), BATCH):
            batch = await self._removals.remove(creation_ids[first : first + BATCH])
            await self._delete_files(batch)
            creations += batch
        return creations

    async def finish(self) -> None:
        """Do what a crash has left undone; messages of jobs are put right by whoever delivers them."""
        while creations := await self._removals.with_files(BATCH):
            await self._delete_files(creations)
        await self._clear_showings()

    async def _delete_files(self, creations: Sequence[Creation]) -> None:
        for key in await self._removals.files_left_by(creations):
            await self._files.delete(key)
        await self._removals.let_go_of_files(creations)

    async def put_messages_right(self, creations: Sequence[Creation]) -> None:
        """Take removed pictures off all messages that show them; what Discord doesn't let be changed is logged."""
        await self._client.wait_until_ready()
        for job_id in dict.fromkeys(each.job_id for each in creations):
            await self._delivery.redraw(job_id)
        self._challenges.on_changed()
        for creation in creations:
            await self.on_removed(creation)
        await self._clear_showings()

    async def _clear_showings(self) -> None:
        """Take removed pictures off the messages that showed them once more, showcases and digests among them."""
        await self._client.wait_until_ready()
        for channel_id, message_id in await self._removals.outdated_showings():
            message = self._client.get_partial_messageable(channel_id).get_partial_message(message_id)
            with language_of_channel(self._client, channel_id):
                view = left_card(say("Removed from the gallery.")).view
            try:
                await message.edit(view=view, attachments=[])
            except UNREACHABLE:
                log.warning("message %s still shows a removed picture", message_id, exc_info=True)
            await self._removals.forget_showing(message_id)
        await self._showcase.put_right()
        await self._digest.put_right()


class Purge:
    """Removes many pictures of one member. `clock` tells what time it is."""

    def __init__(self, removal: Removal, removals: RemovalStore, clock: Callable[[], datetime]) -> None:
        self._removal = removal
        self._removals = removals
        self._clock = clock
        self.put_messages_right = removal.put_messages_right

    async def pictures(self, guild_id: int, user_id: int, days: int) -> list[int]:
        """Return the ids of a member's pictures in a server, of the last days or with 0 all."""
        since = self._clock() - timedelta(days=days) if days else None
        return await self._removals.pictures_of(guild_id, user_id, since)

    async def take(self, guild_id: int, user_id: int, days: int) -> list[Creation]:
        """Take these pictures out of the gallery and off the disk; their messages are still to be put right."""
        return await self._removal.take(await self.pictures(guild_id, user_id, days))


async def _nothing(_creation: Creation) -> None:
    pass
