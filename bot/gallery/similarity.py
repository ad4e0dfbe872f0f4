"""Pictures that mean or show about the same: what is found, and how pictures come to be found."""

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
from engine.client import Engine, UnansweredError

log = logging.getLogger(__name__)

WORDS_ONLY = N_(
    "I can search only for words here, because what knows their meaning isn't installed; the server's owner finds in "
    "the README how to add it."
)
BATCH = 16
# After a batch it rests so many times as long as the batch took, at most so many seconds, for painting comes first.
REST, MOST_REST_SECONDS = 3, 5.0


class Likeness:
    """Ranks the pictures of a gallery, and reads those that are new."""

    def __init__(
        self, browsing: BrowsingStore, store: LikenessStore, creations: CreationStore, files: FileStore, engine: Engine
    ) -> None:
        self._browsing = browsing
        self._store = store
        self._creations = creations
        self._files = files
        self._engine = engine
        self._meanings = PromptVectors(store)
        self._lookalikes = ImageHashes(store)
        self._unhashed_before, self._unread_before = BEYOND, BEYOND
        self._unreadable: set[int] = set()
        self._to_hash, self._to_read = asyncio.Event(), asyncio.Event()

    @property
    def knows_meanings(self) -> bool:
        """Whether pictures can be found by what their prompts mean."""
        return self._engine.embeds

    async def page(self, guild_id: int, browsing: Browsing, audience: Audience) -> Page:
        """Return a page of what comes near, the nearest first. Raises UserError where nothing can be compared."""
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
        return await self._meanings.near(guild_id, vector)

    async def _alike(self, guild_id: int, creation_id: int, audience: Audience) -> list[int]:
        creation, _parameters = await self._creations.visible_creation(guild_id, creation_id, audience)
        own = await asyncio.to_thread(phash, await self._files.get(creation.file_key))
        return await self._lookalikes.near(guild_id, creation_id, own)

    def kept(self) -> None:
        """Take note that there are new pictures."""
        self._to_hash.set()
        self._to_read.set()

    async def forget(self, guild_ids: Collection[int]) -> None:
        """Keep nothing in memory of galleries from which something was removed."""
        await self._meanings.forget(guild_ids)
        await self._lookalikes.forget(guild_ids)

    async def run(self) -> None:
        """Read what is new, and what was kept before anybody could, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run_until_done(self._store.drop_unnamed, "vectors of deleted prompts were not dropped"))
            hashing = run_forever(
                partial(_by_and_by, self.hash_some), "new pictures could not be hashed", wake=self._to_hash
            )
            tasks.create_task(hashing)
            if self._engine.embeds:
                reading = run_forever(
                    partial(_by_and_by, self.read_some), "new prompts could not be read", wake=self._to_read
                )
                tasks.create_task(reading)

    async def hash_some(self) -> bool:
        """Hash some of the newest pictures that have no hash; return whether there may be more."""
        if self._to_hash.is_set():
            self._to_hash.clear()
            self._unhashed_before = BEYOND
        rows = await self._store.unhashed(self._unhashed_before, BATCH)
        hashes: dict[int, int] = {}
        for creation_id, _rest, key in rows:
            if creation_id in self._unreadable:
                continue
            try:
                hashes[creation_id] = await asyncio.to_thread(phash, await self._files.get(key))
            except Exception as error:  # noqa: BLE001 - a damaged file makes Pillow raise all kinds
                self._unreadable.add(creation_id)
                log.warning("picture %s can't be read: %r", creation_id, error)
        await self._lookalikes.keep(hashes, {guild_id for _rest, guild_id, _rest in rows})
        self._unhashed_before = rows[-1][0] if rows else BEYOND
        return bool(rows)

    async def read_some(self) -> bool:
        """Read some of the newest prompts that were not read; return whether there may be more."""
        if self._to_read.is_set():
            self._to_read.clear()
            self._unread_before = BEYOND
        unread = await self._store.unread(BATCH, self._unread_before)
        prompts = await self._store.new_prompts(unread)
        await self._store.keep_read(unread, await self._vectors(prompts))
        self._unread_before = unread[-1].id if unread else BEYOND
        return bool(unread)

    async def _vectors(self, prompts: Sequence[str]) -> dict[str, bytes]:
        """Return prompts with their vectors, without those prompts that the engine can't read by themselves either."""
        if not prompts:
            return {}
        try:
            return dict(zip(prompts, await self._engine.embed(prompts), strict=True))
        except UnansweredError as error:
            if len(prompts) == 1:
                log.warning("the prompt “%s” can't be read: %s", prompts[0], error)
                return {}
            vectors: dict[str, bytes] = {}
            for prompt in prompts:
                vectors |= await self._vectors([prompt])
            if not vectors:
                # Not one of them: that is no fault of the prompts.
                raise
            return vectors


async def _by_and_by(step: Callable[[], Awaitable[bool]]) -> None:
    """Do a step until there is no more, with rests between."""
    began = time.monotonic()
    while await step():
        await asyncio.sleep(min(REST * (time.monotonic() - began), MOST_REST_SECONDS))
        began = time.monotonic()
