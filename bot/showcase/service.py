"""Posts in the showcases: pictures that enough members like, once each."""

import asyncio
from weakref import WeakValueDictionary

import discord

from bot.core.audience import PostAudiences
from bot.core.loops import for_each
from bot.creations.store import CreationStore
from bot.creations.uploads import uploads
from bot.database.file_store import FileStore
from bot.database.tables import OUTDATED
from bot.jobs.store import JobStore
from bot.platform.languages import language_of_server
from bot.platform.patience import Patience
from bot.settings.service import SettingsService
from bot.showcase.models import ShowcasePost
from bot.showcase.store import ShowcaseStore
from bot.showcase.views import showcase_card

# Score from which a picture is posted, if the server has not set another.
DEFAULT_THRESHOLD = 3


class Showcase:
    """Posts jobs with liked pictures and updates the scores in the posts; changes of one post are serialised."""

    def __init__(
        self,
        client: discord.Client,
        showcases: ShowcaseStore,
        store: JobStore,
        creations: CreationStore,
        settings: SettingsService,
        files: FileStore,
        audiences: PostAudiences,
        patience: Patience,
    ) -> None:
        self._client = client
        self._showcases = showcases
        self._store = store
        self._creations = creations
        self._settings = settings
        self._files = files
        self._audiences = audiences
        self._patience = patience
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def redraw_outdated(self) -> int:
        """Update the posts that still show removed pictures; return the number that could not be updated yet."""
        outdated = [each for each in await self._showcases.outdated() if self._patience.is_due(_key(each))]
        await for_each(outdated, self.refresh, lambda job_id: f"job {job_id}: could not update its showcase post")
        return len(await self._showcases.outdated())

    async def refresh(self, job_id: int) -> None:
        """Post a job whose score has reached the threshold, or update the score in its post.

        A failed update is retried if the post still shows a removed picture.
        """
        async with self._locks.setdefault(job_id, asyncio.Lock()):
            job = await self._store.job(job_id)
            guild_id = job.place.guild_id if job else 0
            if not await self._patience.settle(_key(job_id), guild_id, self._refresh(job_id)):
                return
            shown = await self._showcases.shown(job_id)
            if shown and shown.message_id and shown.shown_score == OUTDATED:
                # A successful refresh stores a score or forgets the post, so `settle` found that the message is gone.
                await self._showcases.forget(job_id)

    async def _refresh(self, job_id: int) -> None:
        job, creations = await self._store.job(job_id), await self._creations.creations_of(job_id)
        shown = await self._showcases.shown(job_id)
        if job is None or not creations:
            await self._take_down(shown)
            return
        settings, score = await self._settings.of_guild(job.place.guild_id), creations[0].score
        if shown is None and (
            not settings.showcase_channel_id or score < (settings.showcase_from or DEFAULT_THRESHOLD)
        ):
            return
        guild = self._client.get_guild(job.place.guild_id)
        channel = (
            guild.get_channel_or_thread(shown.channel_id if shown else settings.showcase_channel_id) if guild else None
        )
        if guild is not None and isinstance(channel, discord.abc.Messageable):
            readers = await self._audiences.readers(guild.id, channel.id)
            seen = await self._creations.seen_of(guild.id, [each.id for each in creations], readers)
            creations = [each for each in creations if each.id in seen]
        if guild is None or not isinstance(channel, discord.abc.Messageable) or not creations:
            if shown and shown.shown_score == OUTDATED:
                await self._take_down(shown)
            return
        if shown and shown.message_id and shown.shown_score == score:
            return
        shown = shown or await self._showcases.begin(job_id, settings.showcase_channel_id)
        with language_of_server(self._client, guild.id):
            files = await uploads(self._files, creations, job.parameters.prompt, guild.filesize_limit)
            card = showcase_card(job, creations[0], files)
        if shown.message_id:
            try:
                await channel.get_partial_message(shown.message_id).edit(**card.as_edit())
            except discord.NotFound as error:
                if not self._patience.is_gone(guild.id, error):
                    raise
                # A post that moderators have deleted is not sent again.
            message_id = shown.message_id
        else:
            # Discord deduplicates messages with the same nonce, in case this runs twice.
            message_id = (await channel.send(**card.as_message(), nonce=str(job_id))).id
        await self._showcases.update(job_id, message_id, score)

    async def _take_down(self, shown: ShowcasePost | None) -> None:
        if shown and shown.message_id:
            channel = self._client.get_partial_messageable(shown.channel_id)
            try:
                await channel.get_partial_message(shown.message_id).delete()
            except discord.NotFound as error:
                if not self._patience.is_gone(0, error):
                    raise
            await self._showcases.forget(shown.job_id)


def _key(job_id: int) -> str:
    return f"the showcase of job {job_id}"
