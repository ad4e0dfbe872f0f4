"""Pictures that mean or show about the same: what is found, and how pictures come to be found."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection

from PIL import Image

from bot.errors import UserError
from bot.gallery.browsing import BrowsingStore
from bot.gallery.files import Files
from bot.gallery.likeness import BEYOND, LikenessStore
from bot.jobs.ideas import asking
from bot.jobs.lookalikes import Lookalikes
from bot.jobs.meanings import Meanings
from bot.jobs.studio import Studio
from bot.looks import phash
from bot.records import Browsing, Page, View
from bot.words import later, say
from engine.client import Engine, EngineDiedError, UnansweredError

log = logging.getLogger(__name__)

WORDS_ONLY = later(
    "I can search only for words here, because what knows their meaning isn't installed; the server's owner finds in "
    "the README how to add it."
)
BATCH = 16
# After a batch it rests so many times as long as the batch took, at most so many seconds, for painting comes first.
REST, MOST_REST_SECONDS = 3, 5.0
RETRY_SECONDS = 60.0


class Likeness:
    """Ranks the pictures of a gallery, and reads those that are new."""

    def __init__(
        self, browsing: BrowsingStore, store: LikenessStore, studio: Studio, files: Files, engine: Engine
    ) -> None:
        self._browsing = browsing
        self._store = store
        self._studio = studio
        self._files = files
        self._engine = engine
        self._meanings = Meanings(store)
        self._lookalikes = Lookalikes(store)
        self._unhashed_before = BEYOND
        self._unreadable: set[int] = set()
        self._to_hash, self._to_read = asyncio.Event(), asyncio.Event()

    @property
    def knows_meanings(self) -> bool:
        """Whether pictures can be found by what their prompts mean."""
        return self._engine.embeds

    async def page(self, guild_id: int, browsing: Browsing) -> Page:
        """Return a page of what comes near, the nearest first. Raises UserError where nothing can be compared."""
        by_looks = browsing.view is View.ALIKE
        ranking = await (self._alike(guild_id, browsing.like) if by_looks else self._near(guild_id, browsing.words))
        return await self._browsing.ranked(guild_id, browsing, ranking)

    async def _near(self, guild_id: int, words: str) -> list[int]:
        if not self._engine.embeds:
            raise UserError(say(WORDS_ONLY))
        with asking(self._engine):
            [vector] = await self._engine.embed([words])
        return await self._meanings.near(guild_id, vector)

    async def _alike(self, guild_id: int, creation_id: int) -> list[int]:
        creation, _ = await self._studio.creation(guild_id, creation_id)
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
            tasks.create_task(_once(self._store.drop_unnamed))
            tasks.create_task(_by_and_by(self.hash_some, self._to_hash))
            if self._engine.embeds:
                tasks.create_task(_by_and_by(self.read_some, self._to_read))

    async def hash_some(self) -> bool:
        """Hash some of the newest pictures that have no hash; return whether there may be more."""
        if self._to_hash.is_set():
            self._to_hash.clear()
            self._unhashed_before = BEYOND
        rows = await self._store.unhashed(self._unhashed_before, BATCH)
        hashes: dict[int, int] = {}
        for creation_id, _, key in rows:
            if creation_id in self._unreadable:
                continue
            try:
                hashes[creation_id] = await asyncio.to_thread(phash, await self._files.get(key))
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
                self._unreadable.add(creation_id)
                log.warning("picture %s can't be read: %s", creation_id, error)
        await self._lookalikes.keep(hashes, {guild_id for _, guild_id, _ in rows})
        self._unhashed_before = rows[-1][0] if rows else BEYOND
        return bool(rows)

    async def read_some(self) -> bool:
        """Read some of the newest prompts that were not read; return whether there may be more."""
        unread = await self._store.unread(BATCH)
        prompts = await self._store.new_prompts(unread)
        vectors = await self._engine.embed(prompts) if prompts else ()
        await self._store.keep_read(unread, dict(zip(prompts, vectors, strict=True)))
        return bool(unread)


async def _once(step: Callable[[], Awaitable[None]]) -> None:
    """Do a step, until it could be done once."""
    while True:
        try:
            await step()
        except Exception:
            # A locked database, say.
            log.exception("the vectors of deleted prompts could not be dropped; it is tried again")
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


async def _by_and_by(step: Callable[[], Awaitable[bool]], news: asyncio.Event) -> None:
    """Do a step until there is no more, and again when there is news, with rests between, for ever."""
    while True:
        began = time.monotonic()
        try:
            more = await step()
        except (EngineDiedError, UnansweredError):
            log.warning("prompts could not be read; they are tried again", exc_info=True)
            await asyncio.sleep(RETRY_SECONDS)
        except Exception:
            # A full disk or a locked database, say: it is tried again.
            log.exception("new pictures could not be read")
            await asyncio.sleep(RETRY_SECONDS)
        else:
            if more:
                await asyncio.sleep(min(REST * (time.monotonic() - began), MOST_REST_SECONDS))
            else:
                await news.wait()
                news.clear()
