"""Similarity search in galleries, and the background tasks that hash pictures and embed prompts for it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial

from bot.core.audience import Audience
from bot.core.engine_errors import asking
from bot.core.errors import UserError
from bot.core.i18n import N_, _
from bot.core.loops import run_forever, run_until_done
from bot.creations.store import CreationStore
from bot.database.file_store import FileStore
from bot.gallery.image_hashes import ImageHashes
from bot.gallery.models import Browsing, GalleryView, Page
from bot.gallery.prompt_vectors import PromptVectors
from bot.gallery.similarity_store import BEYOND, LikenessStore
from bot.gallery.store import BrowsingStore
from bot.imaging.phash import phash
from engine.api.client import Engine, UnansweredError

log = logging.getLogger(__name__)

WORDS_ONLY = N_(
    "I can search only for words here, because what knows their meaning isn't installed; the server's owner finds in "
    "the README how to add it."
)
BATCH = 16
# After a batch the task pauses for this multiple of the batch's duration, within the limit: generation has priority.
REST_FACTOR, LONGEST_REST_SECONDS = 3, 5.0


class Likeness:
    """Similarity search by prompt or by picture, and the indexing of new pictures (`run`)."""

    def __init__(
        self, browsing: BrowsingStore, store: LikenessStore, creations: CreationStore, files: FileStore, engine: Engine
    ) -> None:
        self._browsing = browsing
        self._store = store
        self._creations = creations
        self._files = files
        self._engine = engine
        self._prompt_vectors = PromptVectors(store)
        self._image_hashes = ImageHashes(store)
        self._unhashed_before, self._unread_before = BEYOND, BEYOND
        self._unreadable: set[int] = set()
        self._to_hash, self._to_read = asyncio.Event(), asyncio.Event()

    @property
    def knows_meanings(self) -> bool:
        """Whether the sentence model is installed, so that prompts can be searched by meaning."""
        return self._engine.embeds

    async def page(self, guild_id: int, browsing: Browsing, audience: Audience) -> Page:
        """Return a page of similar pictures, the nearest first.

        Raises UserError if the reference picture is not there for this audience, or the words can't be embedded.
        """
        if browsing.view is GalleryView.ALIKE:
            ranking = await self._alike(guild_id, browsing.like, audience)
        else:
            ranking = await self._near(guild_id, browsing.words)
        return await self._browsing.ranked(guild_id, browsing, audience, ranking)

    async def _near(self, guild_id: int, words: str) -> list[int]:
        if not self._engine.embeds:
            raise UserError(_(WORDS_ONLY))
        with asking(self._engine):
            [vector] = await self._engine.embed([words])
        return await self._prompt_vectors.near(guild_id, vector)

    async def _alike(self, guild_id: int, creation_id: int, audience: Audience) -> list[int]:
        creation, _parameters = await self._creations.visible_creation(guild_id, creation_id, audience)
        own = await asyncio.to_thread(phash, await self._files.get(creation.file_key))
        return await self._image_hashes.near(guild_id, creation_id, own)

    def kept(self) -> None:
        """Wake the background tasks, because new pictures were stored."""
        self._to_hash.set()
        self._to_read.set()

    async def forget(self, guild_ids: Collection[int]) -> None:
        """Drop the cached vectors and hashes of galleries from which pictures were removed."""
        await self._prompt_vectors.forget(guild_ids)
        await self._image_hashes.forget(guild_ids)

    async def run(self) -> None:
        """Hash pictures and embed prompts until cancelled, including older ones that were never indexed."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run_until_done(self._store.drop_unnamed, "could not delete unused vectors"))
            hashing = run_forever(
                partial(_run_with_rests, self.hash_some), "could not hash new pictures", wake=self._to_hash
            )
            tasks.create_task(hashing)
            if self._engine.embeds:
                reading = run_forever(
                    partial(_run_with_rests, self.read_some), "could not embed new prompts", wake=self._to_read
                )
                tasks.create_task(reading)

    async def hash_some(self) -> bool:
        """Hash the next batch of pictures without a hash, the newest first; return whether there may be more.

        A picture that can't be read is logged once and skipped until the next start.
        """
        if self._to_hash.is_set():
            self._to_hash.clear()
            self._unhashed_before = BEYOND
        rows = await self._store.unhashed(self._unhashed_before, BATCH)
        hashes: dict[int, int] = {}
        for creation_id, _guild_id, key in rows:
            if creation_id in self._unreadable:
                continue
            try:
                hashes[creation_id] = await asyncio.to_thread(phash, await self._files.get(key))
            except Exception as error:  # noqa: BLE001 - Pillow raises many types for a damaged file
                self._unreadable.add(creation_id)
                log.warning("picture %s: the file can't be read: %r", creation_id, error)
        await self._image_hashes.keep(hashes, {guild_id for _id, guild_id, _key in rows})
        self._unhashed_before = rows[-1][0] if rows else BEYOND
        return bool(rows)

    async def read_some(self) -> bool:
        """Embed the next batch of prompts without a vector, the newest first; return whether there may be more."""
        if self._to_read.is_set():
            self._to_read.clear()
            self._unread_before = BEYOND
        unread = await self._store.unread(BATCH, self._unread_before)
        prompts = await self._store.new_prompts(unread)
        await self._store.keep_read(unread, await self._vectors(prompts))
        self._unread_before = unread[-1].id if unread else BEYOND
        return bool(unread)

    async def _vectors(self, prompts: Sequence[str]) -> dict[str, bytes]:
        """Return the vectors by prompt, as bytes of float16.

        If the engine fails on the batch, each prompt is tried alone, and those that fail again are left out. Raises
        UnansweredError if all of several prompts fail.
        """
        if not prompts:
            return {}
        try:
            return dict(zip(prompts, await self._engine.embed(prompts), strict=True))
        except UnansweredError as error:
            if len(prompts) == 1:
                log.warning("could not embed the prompt “%s”: %s", prompts[0], error)
                return {}
            vectors: dict[str, bytes] = {}
            for prompt in prompts:
                vectors |= await self._vectors([prompt])
            if not vectors:
                # All of them failed, so the engine is at fault and not the prompts.
                raise
            return vectors


async def _run_with_rests(step: Callable[[], Awaitable[bool]]) -> None:
    """Run `step` until it returns False, with pauses in proportion to the duration of each run."""
    began = time.monotonic()
    while await step():
        await asyncio.sleep(min(REST_FACTOR * (time.monotonic() - began), LONGEST_REST_SECONDS))
        began = time.monotonic()
