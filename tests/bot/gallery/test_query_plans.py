"""Large galleries: how the database finds a page of them. How fast that is, `tools/bench_gallery.py` measures."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.core.audience import Audience
from bot.database.engine import create_database
from bot.gallery.filter_store import FilterStore
from bot.gallery.models import Browsing, GalleryView
from bot.gallery.store import PAGE, BrowsingStore
from tools import crowd
from tools.bench_gallery import SORTED, VIEWS, explained, measure, slow_steps, written


@pytest.fixture(scope="session")
async def crowded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncEngine]:
    """A database of a small crowd."""
    path = tmp_path_factory.mktemp("crowd") / "crowd.db"
    await crowd.make(path, crowd.Crowd(servers=5, creations=2_000, reactions=10_000))
    database = create_database(f"sqlite+aiosqlite:///{path}")
    yield database
    await database.dispose()


async def numbers(database: AsyncEngine, question: str) -> list[int]:
    async with database.connect() as connection:
        return [int(each) for each in (await connection.execute(text(question))).one()]


@pytest.mark.parametrize("view", VIEWS)
async def test_a_page_is_found_without_reading_everything(crowded: AsyncEngine, view: str) -> None:
    figures = await measure(crowded, VIEWS[view], pages=2, repeats=1)
    assert figures.plan
    assert slow_steps(figures.plan) == (["USE TEMP B-TREE FOR ORDER BY"] if view in SORTED else [])


@pytest.mark.parametrize("view", [view for view in VIEWS if "challenge" in view])
async def test_of_a_challenge_only_its_entries_are_read(crowded: AsyncEngine, view: str) -> None:
    figures = await measure(crowded, VIEWS[view], pages=2, repeats=1)
    read = [step for step in figures.plan if step.startswith("SEARCH creations ")]
    assert read
    assert all("id=?)" in step for step in read)


@pytest.mark.parametrize("maker", [crowd.member(3), 7])
async def test_of_a_ranking_what_an_audience_cannot_see_is_not_looked_for(crowded: AsyncEngine, maker: int) -> None:
    [made] = await numbers(crowded, f"SELECT count(*) FROM creations WHERE user_id = {maker} AND deleted_at IS NULL")
    own, ranking = Audience(frozenset(), user_id=maker), range(20_000, 0, -1)
    with written(crowded) as statements:
        page = await BrowsingStore(crowded).ranked(crowd.LARGEST, Browsing(GalleryView.ALIKE), own, ranking)
    assert len(page.creations) == min(made, PAGE)
    assert [each.user_id for each in page.creations] == [maker] * len(page.creations)
    assert len(statements) <= 4


async def test_what_can_be_filtered_is_known_without_reading_a_gallery(crowded: AsyncEngine) -> None:
    store, everything = FilterStore(crowded), Browsing(GalleryView.NEWEST)
    with written(crowded) as statements:
        filters = await store.filters(crowd.LARGEST, crowd.member(0), everything, crowd.viewer())
    assert filters.styles[crowd.style(0)] == crowd.STYLES[0]
    assert list(filters.challenges) == sorted(filters.challenges, reverse=True) != []
    plan = await explained(crowded, statements)
    read = [step for step in plan if step.startswith(("SEARCH creations", "SEARCH entries"))]
    assert len(read) == 3
    assert all("style=?" in step or "rowid=?" in step or "challenge_id=?" in step for step in read)
    assert not [step for step in plan if step.startswith("SCAN")]


async def test_what_reads_everything_is_told(crowded: AsyncEngine) -> None:
    for question in ("SELECT * FROM creations ORDER BY model", "SELECT 1 FROM reactions WHERE emoji = 'x'"):
        assert slow_steps(await explained(crowded, [(question, ())]))


async def test_the_last_days_are_those_alone(crowded: AsyncEngine) -> None:
    [made] = await numbers(
        crowded,
        f"SELECT count(*) FROM creations WHERE guild_id = {crowd.LARGEST} AND deleted_at IS NULL"
        " AND created_at > datetime('now', '-30 days')",
    )
    for view in (Browsing(GalleryView.NEWEST, days=30), Browsing(GalleryView.NEWEST, days=30, words="a")):
        figures = await measure(crowded, view, repeats=1)
        assert figures.pages == -(-made // PAGE) > 1
    top = await BrowsingStore(crowded).page(crowd.LARGEST, Browsing(GalleryView.TOP, days=30), crowd.viewer())
    scores = [creation.score for creation in top.creations]
    assert scores == sorted(scores, reverse=True)
    assert (
        await BrowsingStore(crowded).page(crowd.LARGEST + 100, Browsing(GalleryView.NEWEST, days=30), crowd.viewer())
    ).creations == ()


async def test_a_crowd_is_as_the_stores_would_have_it(crowded: AsyncEngine) -> None:
    assert await numbers(crowded, "SELECT (SELECT count(*) FROM creations), (SELECT count(*) FROM reactions)") == [
        2_000,
        10_000,
    ]
    wrong = (
        "SELECT count(*) FROM creations WHERE score <> (SELECT count(DISTINCT user_id) FROM reactions"
        " WHERE reactions.message_id = creations.message_id AND reactions.user_id <> creations.user_id)",
        "SELECT count(*) FROM pragma_foreign_key_check",
        "SELECT count(*) FROM jobs JOIN creations ON creations.id = jobs.parent_id"
        " WHERE creations.job_id >= jobs.id OR creations.guild_id <> jobs.guild_id",
    )
    assert [await numbers(crowded, question) for question in wrong] == [[0], [0], [0]]
    [parents] = await numbers(crowded, "SELECT count(parent_id) FROM jobs")
    assert parents > 100
