"""Measure how fast large galleries are looked through, and show how the database finds what is asked for.

`make bench` calls this after the engine's own. The database is made anew each time, and removed at the end.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.creations.models import Kind
from bot.database.engine import create_database
from bot.gallery.models import Browsing, GalleryView
from bot.gallery.store import BrowsingStore
from tools import crowd
from tools.bench_pages import measure_pages

PAGES, REPEATS = 1_000, 100
TABLES = ("creations", "jobs", "reactions", "favourites", "entries", "styles")
VIEWS = {
    "newest": Browsing(GalleryView.NEWEST),
    "top": Browsing(GalleryView.TOP),
    "a member's, of many": Browsing(GalleryView.NEWEST, user_id=crowd.member(0)),
    "a member's, of few": Browsing(GalleryView.NEWEST, user_id=crowd.member(3_000)),
    "favourites, many": Browsing(GalleryView.FAVOURITES, user_id=crowd.member(0)),
    "favourites, few": Browsing(GalleryView.FAVOURITES, user_id=crowd.member(3_000)),
    "of a usual kind": Browsing(GalleryView.NEWEST, kind=Kind.IMAGINED),
    "of a rare kind": Browsing(GalleryView.NEWEST, kind=Kind.REPAINTED),
    "top of a rare kind": Browsing(GalleryView.TOP, kind=Kind.REPAINTED),
    "top of a usual kind": Browsing(GalleryView.TOP, kind=Kind.IMAGINED),
    "of a usual style": Browsing(GalleryView.NEWEST, style_id=crowd.style(0)),
    "of a rare style": Browsing(GalleryView.NEWEST, style_id=crowd.style(1)),
    "top of a usual style": Browsing(GalleryView.TOP, style_id=crowd.style(0)),
    "top of a rare style": Browsing(GalleryView.TOP, style_id=crowd.style(1)),
    "style, kind and year": Browsing(GalleryView.NEWEST, style_id=crowd.style(0), kind=Kind.IMAGINED, days=365),
    "of a challenge": Browsing(GalleryView.NEWEST, challenge_id=crowd.challenge(12)),
    "top of a challenge": Browsing(GalleryView.TOP, challenge_id=crowd.challenge(12)),
    "challenge and style": Browsing(GalleryView.NEWEST, challenge_id=crowd.challenge(12), style_id=crowd.style(0)),
    "a year's newest": Browsing(GalleryView.NEWEST, days=365),
    "a day's newest": Browsing(GalleryView.NEWEST, days=1),
    "a year's top": Browsing(GalleryView.TOP, days=365),
    "a week's top": Browsing(GalleryView.TOP, days=7),
    "a common word": Browsing(GalleryView.NEWEST, words=crowd.COMMON),
    "a common word, a year": Browsing(GalleryView.NEWEST, words=crowd.COMMON, days=365),
    "two words": Browsing(GalleryView.NEWEST, words=f"dragon {crowd.COMMON}"),
    "one letter": Browsing(GalleryView.NEWEST, words="a"),
    "a word, of a style": Browsing(GalleryView.NEWEST, words=crowd.COMMON, style_id=crowd.style(0)),
    "a word, of a challenge": Browsing(GalleryView.NEWEST, words=crowd.COMMON, challenge_id=crowd.challenge(12)),
    "a rare word": Browsing(GalleryView.NEWEST, words="rare1234"),
    "by chance": Browsing(GalleryView.RANDOM),
    "by chance, of a style": Browsing(GalleryView.RANDOM, style_id=crowd.style(1)),
}
# In which the entries of a challenge, and only they, are put in order first.
SORTED = ("top of a challenge",)
# Milliseconds by the clock, and of the processor, which doesn't mind what else the machine is busy with.
Spent = tuple[float, float]


@dataclass(slots=True)
class Figures:
    """What was measured of a view, on how many pages; and how SQLite found them."""

    pages: int = 0
    first: list[Spent] = field(default_factory=list)
    walked: list[Spent] = field(default_factory=list)
    last: list[Spent] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)


async def measure(database: AsyncEngine, browsing: Browsing, pages: int = PAGES, repeats: int = REPEATS) -> Figures:
    """Open the first page of a view, go on as far as `pages`, and open the last page that was reached."""
    store, figures = BrowsingStore(database), Figures()

    async def opened(here: Browsing, times: list[Spent]) -> Any:
        clock, processor = time.perf_counter(), time.process_time()
        page = await store.page(crowd.LARGEST, here, crowd.viewer())
        times.append((1000 * (time.perf_counter() - clock), 1000 * (time.process_time() - processor)))
        return page

    with written(database) as statements:
        await opened(browsing, [])
    figures.plan = await explained(database, statements)
    for _ in range(repeats):
        await opened(browsing, figures.first)
    here = browsing
    while figures.pages < pages:
        page = await opened(here, figures.walked)
        figures.pages += 1
        if not page.has_older or figures.pages == pages:
            break
        last = page.creations[-1]
        here = replace(here, after=last.id, score=last.score)
    for _ in range(repeats):
        await opened(here, figures.last)
    return figures


@contextmanager
def written(database: AsyncEngine) -> Iterator[list[tuple[str, Any]]]:
    """Yield a list of what is asked of the database inside the block."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        statements.append((statement, parameters))

    event.listen(database.sync_engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.sync_engine, "before_cursor_execute", note)


async def explained(database: AsyncEngine, statements: Sequence[tuple[str, Any]]) -> list[str]:
    """Return how SQLite does what is asked of it, each step once; https://www.sqlite.org/eqp.html."""
    steps: dict[str, None] = {}
    async with database.connect() as connection:
        for statement, parameters in statements:
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps |= {row.detail: None for row in rows}
    return list(steps)


def slow_steps(plan: Sequence[str]) -> list[str]:
    """Return the steps that read a whole table, or put everything in order before the first page is known."""
    return [step for step in plan if "ORDER BY" in step or step.startswith(tuple(f"SCAN {each}" for each in TABLES))]


def main(
    creations: Annotated[int, typer.Option(help="In all servers together; the goal is for 1000000")] = 100_000,
    servers: Annotated[int, typer.Option()] = 200,
    database: Annotated[Path | None, typer.Option(help="Use this file, and make it where it is missing")] = None,
) -> None:
    """Make galleries with five times as many reactions as pictures, and look through the largest."""
    with tempfile.TemporaryDirectory(prefix="atelier-bench-") as folder:
        path = database or Path(folder) / "crowd.db"
        if not path.exists():
            begin = time.perf_counter()
            size = crowd.Crowd(servers, creations, 5 * creations)
            asyncio.run(crowd.make(path, size))
            print(f"made {size} in {time.perf_counter() - begin:.0f} s, {path.stat().st_size / 1e6:.0f} MB")
        asyncio.run(_bench(path))


async def _bench(path: Path) -> None:
    database = create_database(f"sqlite+aiosqlite:///{path}")
    async with database.connect() as connection:
        own = {"guild_id": crowd.LARGEST}
        count = await connection.scalar(text("SELECT count(*) FROM creations WHERE guild_id = :guild_id"), own)
    print(f"the largest gallery has {count} pictures; 95th percentiles in ms, by the clock and of the processor")
    print(f"{'view':22}{'page 1':>16}{'last':>8}{'pages to it':>16}{'last page':>16}")
    for name, browsing in VIEWS.items():
        figures = await measure(database, browsing)
        first, walked, last = (
            np.percentile(each, 95, axis=0) for each in (figures.first, figures.walked, figures.last)
        )
        shown = [f"{clock:9.1f}{processor:7.1f}" for clock, processor in (first, walked, last)]
        print(f"{name:22}{shown[0]}{figures.pages:8}{shown[1]}{shown[2]}")
        for step in figures.plan:
            print(f"    {'SLOW ' if step in slow_steps([step]) else ''}{step}")
    await measure_pages(database)
    await database.dispose()


if __name__ == "__main__":
    typer.run(main)
