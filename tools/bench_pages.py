"""Measure how fast the pages of the largest gallery are served; `tools/bench_gallery.py` calls this."""

import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.challenges.store import ChallengeStore
from bot.core.audience import Audience
from bot.creations.lineage_store import LineageStore
from bot.creations.store import CreationStore
from bot.database.file_store import FileStore
from bot.gallery.store import BrowsingStore
from bot.settings.guild_store import GuildStore
from bot.settings.member_store import MemberStore
from bot.settings.models import WebAccess
from bot.settings.service import SettingsService
from bot.web.gallery.access import GalleryAuth
from bot.web.gallery.app import add_gallery
from bot.web.gallery.context import ON_A_PAGE, GalleryContext
from bot.web.gallery.passes import GalleryPasses
from bot.web.servers import Servers
from tools import crowd

REPEATS = 100
FAR = 1_000


class Everywhere(Servers):
    """What Discord would tell: of every server that all see its one channel, and no member's name."""

    def __init__(self) -> None:
        """Know no client."""

    def server_name(self, guild_id: int) -> str:
        """See Servers."""
        return "a server"

    def public(self, guild_id: int) -> Audience:
        """See Servers."""
        return Audience(frozenset({guild_id}), is_outside=True)

    def locale(self, guild_id: int) -> str:
        """See Servers."""
        return "en-US"

    async def names(self, guild_id: int, user_ids: Collection[int]) -> dict[int, str]:
        """See Servers."""
        return {}


async def measure_pages(database: AsyncEngine) -> None:
    """Print how long pages take, from asking to their last byte, over a connection of this machine."""
    home = f"/gallery/{crowd.LARGEST}"
    shown = text(
        "SELECT id FROM creations WHERE guild_id = :guild AND deleted_at IS NULL "
        "ORDER BY id DESC LIMIT 1 OFFSET :offset"
    )
    async with database.connect() as connection:
        newest, far = [
            await connection.scalar(shown, {"guild": crowd.LARGEST, "offset": offset})
            for offset in (0, ON_A_PAGE * (FAR - 1))
        ]
    paths = {
        "page 1": home,
        f"page {FAR:,}": f"{home}?after={far}",
        "top": f"{home}?view=top",
        "a common word": f"{home}?q={crowd.COMMON}",
        "two words": f"{home}?q=dragon+{crowd.COMMON}",
        "a member of many": f"{home}/m/{crowd.member(0)}",
        "a new picture": f"{home}/p/{newest}",
        "an old picture": f"{home}/p/{far}",
        "a challenge": f"{home}/c/{crowd.challenge(12)}",
        "the feed": f"{home}/feed.xml",
    }
    print("its pages on the web; median and 95th percentile in ms, by the clock")
    with tempfile.TemporaryDirectory(prefix="atelier-bench-") as folder:
        async with TestClient(TestServer(await _app(database, Path(folder)))) as client:
            for name, path in paths.items():
                times = [await _timed(client, path) for _ in range(REPEATS)]
                print(f"{name:22}{np.median(times):9.1f}{np.percentile(times, 95):9.1f}")


async def _app(database: AsyncEngine, folder: Path) -> web.Application:
    settings = SettingsService(MemberStore(database), GuildStore(database))
    await settings.choose(crowd.LARGEST, web=WebAccess.PUBLIC)
    # Nobody asks for members of a public gallery.
    unasked: Any = None
    porter = GalleryAuth(GalleryPasses(b"bench", "http://localhost"), settings, Everywhere(), unasked)
    stores = (BrowsingStore(database), CreationStore(database), LineageStore(database), ChallengeStore(database))
    app = web.Application()
    add_gallery(app, GalleryContext(porter, *stores, FileStore(folder)))
    return app


async def _timed(client: TestClient, path: str) -> float:
    begin = time.perf_counter()
    async with client.get(path) as answer:
        answer.raise_for_status()
        await answer.read()
    return 1000 * (time.perf_counter() - begin)
