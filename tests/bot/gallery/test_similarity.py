"""Finding pictures by what their prompts mean, and pictures that look alike."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from bot.config import Settings
from bot.core.errors import UserError
from bot.doctor import likeness
from bot.gallery import prompt_vectors as meanings
from bot.gallery.image_hashes import ALIKE
from bot.gallery.models import Browsing, GalleryView
from bot.gallery.prompt_vectors import PromptVectors
from bot.gallery.similarity import BATCH
from bot.gallery.store import FEW, PAGE
from bot.imaging.phash import bits_apart, phash
from engine.api.messages import EmbeddingRequest, Ready, Unanswered
from tests.support.cards import card_buttons, card_text
from tests.support.images import encoded, png
from tests.support.member_actions import filtered, imagined, kept, seen_by, taken_out, viewer
from tests.support.server import Server, opened_server
from tests.support.waiting import eventually_awaited

if TYPE_CHECKING:
    from engine.sentences import Sentences

PHOTOGRAPHS = sorted((Path(__file__).parents[3] / "engine/regions/samples/photographs").glob("*.jpg"))
WINTER = "a cosy house in winter"
ELSEWHERE = 77


def photograph(number: int) -> Image.Image:
    return Image.open(PHOTOGRAPHS[number]).convert("RGB")


def copies(image: Image.Image) -> list[bytes]:
    """Return files that show a picture smaller, compressed, and brighter."""
    return [
        png(image.resize((image.width * 3 // 5, image.height * 3 // 5))),
        encoded(image, "JPEG", quality=60),
        png(ImageEnhance.Brightness(image).enhance(1.2)),
    ]


def numbers(card: Any) -> list[int]:
    """Return which pictures a card shows."""
    return [int(number) for number in re.findall(r"\[#(\d+)\]", card_text(card))]


async def number_of(server: Server, **given: Any) -> int:
    """Keep a picture, and return its number."""
    [creation] = await server.creations(await kept(server, **given))
    return creation.id


async def searched(server: Server, words: str, **options: str) -> Any:
    answer = await server.bob.slash(server.channel, "gallery search", words=words, **options)
    return seen_by(server, server.bob, answer)


async def alike(server: Server, number: int) -> Any:
    """Choose from the list under a picture what looks like it."""
    card = seen_by(server, server.bob, await server.bob.slash(server.channel, "show", number=number))
    return seen_by(server, server.bob, await server.bob.select(card, ["alike"], custom_id=f"more:{number}"))


async def turned(server: Server, card: Any, label: str) -> Any:
    """Press a button of the card, and return the card as it is then."""
    await server.bob.click(card, label=label)
    return next(each for each in server.channel.history(viewer=server.bob) if each.id == card.id)


async def all_hashed(server: Server) -> None:
    while await server.atelier.gallery.likeness.hash_some():
        pass


async def all_read(server: Server) -> None:
    while await server.atelier.gallery.likeness.read_some():
        pass


@pytest.fixture(scope="session")
def sentences() -> "Sentences":
    # Here, because torch takes seconds to import.
    from engine.sentences import Sentences

    return Sentences()


@pytest.fixture
def reader(idle_server: Server, sentences: "Sentences", monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server with the sentence model in this process, and no engine."""

    async def embed(prompts: Sequence[str]) -> tuple[bytes, ...]:
        return await asyncio.to_thread(sentences.embed, prompts)

    engine = idle_server.atelier.kernel.engine
    engine.state = Ready("starter", "cpu", "fp32", 128)
    monkeypatch.setattr(engine, "embed", embed)
    return idle_server


def test_copies_of_a_picture_look_alike_and_other_pictures_do_not() -> None:
    hashes = np.array([phash(png(photograph(number))) for number in range(len(PHOTOGRAPHS))])
    assert len(hashes) > 2
    for number in range(len(PHOTOGRAPHS)):
        for copy in copies(photograph(number)):
            apart = bits_apart(hashes, phash(copy))
            assert apart[number] <= 8
            assert min(np.delete(apart, number)) > ALIKE


def test_sentences_that_mean_the_same_are_near(sentences: "Sentences") -> None:
    prompts = [WINTER, "a hut in the snow", "a blue car", "the automobile"]
    house, hut, car, automobile = np.array(
        [np.frombuffer(vector, "<f2").astype(float) for vector in sentences.embed(prompts)]
    )
    assert np.linalg.norm(house) == pytest.approx(1, abs=1e-3)
    assert house @ hut > 0.5 > house @ car
    assert car @ automobile > 0.5 > hut @ automobile
    [alone] = sentences.embed([WINTER])
    assert np.frombuffer(alone, "<f2").astype(float) @ house == pytest.approx(1, abs=1e-2)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a (red:1.4) car, a [muddy] road", "a red car, a muddy road"),
        ("a forest::1 fog::-0.5", "a forest"),
        ("a forest::-1", "a forest::-1"),
        ("a cat <lora:ghibli:0.8>", "a cat"),
    ],
)
def test_only_the_words_of_a_prompt_mean_something(prompt: str, words: str) -> None:
    from engine.sentences import meant

    assert meant(prompt) == words


async def test_pictures_that_look_alike_are_found_nearest_first(idle_server: Server) -> None:
    server = idle_server
    image = photograph(0)
    shown = await number_of(server, file=png(image))
    crop = image.crop((16, 16, image.width - 16, image.height - 16))
    far, *near = [await number_of(server, file=file) for file in (png(crop), *copies(image))]
    await number_of(server, file=png(photograph(1)))
    removed = await number_of(server, file=png(image))
    await taken_out(server, removed)
    await number_of(server, file=png(image), guild_id=ELSEWHERE)
    await all_hashed(server)
    card = await alike(server, shown)
    assert "Pictures like this one" in card_text(card)
    assert set(numbers(card)) == {far, *near}
    assert numbers(card)[-1] == far
    with pytest.raises(UserError):
        await server.atelier.gallery.likeness.page(ELSEWHERE, Browsing(GalleryView.ALIKE, like=shown), viewer(server))


async def test_pages_of_what_looks_alike_stay_right_while_pictures_come_and_go(idle_server: Server) -> None:
    server = idle_server
    file = png(photograph(0))
    shown = await number_of(server, file=file)
    everything = [await number_of(server, file=file) for _ in range(2 * PAGE + 1)][::-1]
    await all_hashed(server)
    first = await alike(server, shown)
    assert numbers(first) == everything[:PAGE]
    await number_of(server, file=file)
    await all_hashed(server)
    await taken_out(server, everything[PAGE - 1])
    second = await turned(server, first, "More ▶")
    assert numbers(second) == everything[PAGE : 2 * PAGE]
    last = await turned(server, second, "More ▶")
    assert numbers(last) == everything[2 * PAGE :]
    assert card_buttons(last) == ["◀ Back", "Filter …"]
    assert numbers(await turned(server, last, "◀ Back")) == everything[PAGE : 2 * PAGE]


async def test_a_picture_that_can_not_be_read_holds_nobody_up(
    idle_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server = idle_server
    file = png(photograph(0))
    shown, other = [await number_of(server, file=file) for _ in range(2)]
    damaged = [await number_of(server, file=b"no picture") for _ in range(BATCH + 1)]
    await all_hashed(server)
    await all_hashed(server)
    card = await alike(server, shown)
    assert numbers(card) == [other]
    assert len([each for each in caplog.messages if "can't be read" in each]) == len(damaged)


async def test_where_no_prompt_has_the_words_the_meaning_is_offered(reader: Server) -> None:
    server = reader
    hut = await number_of(server, prompt="a hut in the (snow:1.2)")
    car = await number_of(server, prompt="a blue car")
    await all_read(server)
    card = await searched(server, WINTER)
    assert "No pictures here" in card_text(card)
    found = await turned(server, card, "Search by meaning")
    assert numbers(found) == [hut]
    assert WINTER in card_text(found)
    assert numbers(await searched(server, "automobile", by="meaning")) == [car]
    nothing = await searched(server, "xqzv", by="meaning")
    assert "No pictures here" in card_text(nothing)
    assert card_buttons(nothing) == ["Filter …"]
    assert card_buttons(await searched(server, "blue")) == ["Filter …"]


async def test_only_what_is_in_the_servers_gallery_is_found_by_meaning(reader: Server) -> None:
    server = reader
    prompt = "a hut in the snow"
    [first, second, third] = await server.creations(await kept(server, count=3, prompt=prompt))
    elsewhere = await number_of(server, prompt=prompt, guild_id=ELSEWHERE)
    await number_of(server, prompt="a cabin in the ice", guild_id=ELSEWHERE)
    await all_read(server)
    await taken_out(server, second.id)
    assert numbers(await searched(server, WINTER, by="meaning")) == [third.id, first.id]
    page = await server.atelier.gallery.likeness.page(
        ELSEWHERE, Browsing(GalleryView.MEANING, words=WINTER), viewer(server)
    )
    assert len(page.creations) == 2
    assert page.creations[0].id == elsewhere


async def test_pages_of_what_means_the_same_stay_right_while_pictures_come_and_go(reader: Server) -> None:
    server = reader
    nearest = [await number_of(server, prompt="a house in winter") for _ in range(PAGE)]
    nearer = [await number_of(server, prompt="a hut in the snow") for _ in range(PAGE + 1)]
    everything = [*reversed(nearest), *reversed(nearer)]
    await all_read(server)
    first = await searched(server, WINTER, by="meaning")
    assert numbers(first) == everything[:PAGE]
    await number_of(server, prompt=WINTER)
    await number_of(server, prompt="a hut in the snow")
    await all_read(server)
    await taken_out(server, everything[PAGE - 1])
    second = await turned(server, first, "More ▶")
    # One more hut came between these pages.
    assert numbers(second) == [max(nearer) + 2, *everything[PAGE : 2 * PAGE - 1]]
    last = await turned(server, second, "More ▶")
    assert numbers(last) == everything[2 * PAGE - 1 :]
    assert numbers(await turned(server, last, "◀ Back")) == numbers(second)
    assert numbers(await turned(server, second, "◀ Back")) == [max(nearer) + 1, *everything[: PAGE - 1]][:PAGE]


async def test_filters_count_among_what_means_the_same(reader: Server) -> None:
    server = reader
    hut = await number_of(server, prompt="a hut in the snow")
    await all_read(server)
    card = await searched(server, WINTER, by="meaning")
    for kind, found in (("repainted", []), ("imagined", [hut])):
        card = await filtered(server, card, kind=kind)
        assert numbers(card) == found


@pytest.mark.parametrize("few", [1, FEW])
async def test_what_is_rare_is_found_among_what_looks_alike(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    server = idle_server
    monkeypatch.setattr("bot.gallery.store.FEW", few)
    monkeypatch.setattr("bot.gallery.store.KEYS", 3)
    file = png(photograph(0))
    shown = await number_of(server, file=file)
    styles = ["ink", "ink", ""] * PAGE
    everything = [await number_of(server, file=file, style=style) for style in styles]
    inked = [number for number, style in zip(everything, styles, strict=True) if style][::-1]
    await all_hashed(server)
    await server.moderator.slash(server.channel, "style add", name="ink", words="a sketch", for_everyone=True)
    first = await filtered(server, await alike(server, shown), style="1")
    assert numbers(first) == inked[:PAGE]
    await taken_out(server, inked[PAGE - 1])
    second = await turned(server, first, "More ▶")
    assert numbers(second) == inked[PAGE : 2 * PAGE]
    assert numbers(await turned(server, second, "◀ Back")) == inked[: PAGE - 1]


async def test_few_galleries_stay_in_memory(reader: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server = reader
    here = server.alice.guild.id
    for number in range(3):
        await number_of(server, prompt=f"{number} huts in the snow")
        await number_of(server, prompt=f"{number} huts in the snow", guild_id=ELSEWHERE)
    await all_read(server)
    monkeypatch.setattr(meanings, "MOST", 4)
    kept_meanings = PromptVectors(server.atelier.gallery.likeness._store)  # pyright: ignore[reportPrivateUsage]
    [vector] = await server.atelier.kernel.engine.embed([WINTER])
    for guild_id in (here, ELSEWHERE, here):
        assert len(await kept_meanings.near(guild_id, vector)) == 3
        assert list(kept_meanings._matrices) == [guild_id]  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(meanings, "MOST", 2)
    assert len(await PromptVectors(server.atelier.gallery.likeness._store).near(here, vector)) == 2  # pyright: ignore[reportPrivateUsage]


async def test_reading_can_be_interrupted_and_every_prompt_is_read_once(reader: Server) -> None:
    server = reader
    asked: list[str] = []
    embed = server.atelier.kernel.engine.embed

    async def counted(prompts: Sequence[str]) -> tuple[bytes, ...]:
        if len(asked) >= BATCH:
            asked.append("")
            raise asyncio.CancelledError
        asked.extend(prompts)
        return await embed(prompts)

    for number in range(BATCH):
        await kept(server, count=2, prompt=f"{number // 2 + 1} boats on the sea")
        await kept(server, prompt=f"{number + 1} foxes")
    server.atelier.kernel.engine.embed = counted
    with pytest.raises(asyncio.CancelledError):
        await all_read(server)
    server.atelier.kernel.engine.embed = embed
    assert len(asked) == len(set(asked))
    await all_read(server)
    page = await server.atelier.gallery.likeness.page(
        server.alice.guild.id, Browsing(GalleryView.MEANING, words="12 foxes"), viewer(server)
    )
    assert len(page.creations) == PAGE
    assert not await server.atelier.gallery.likeness._store.unread(1)  # pyright: ignore[reportPrivateUsage]


async def test_without_the_package_only_words_are_searched_and_that_is_said(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.captions import Captioner
    from engine.desk import QuestionHandler
    from engine.regions.finder import Finder
    from engine.safety import SafetyScorer

    server = idle_server
    assert "what they mean" in likeness().found
    monkeypatch.setattr("engine.api.sentence_model.find_spec", lambda _name: None)
    fox = await number_of(server, prompt="a fox")
    answer = await server.bob.slash(server.channel, "gallery search", words="fox", by="meaning")
    assert "only for words" in str([each.content for each in answer.followups])
    assert numbers(await searched(server, "fox")) == [fox]
    assert card_buttons(await searched(server, "animal")) == ["Filter …"]
    finding = likeness()
    assert "pip install" in finding.found
    assert not finding.advice
    answer = QuestionHandler(Finder(None), Captioner(None, (), "cpu"), None, SafetyScorer()).answer(
        EmbeddingRequest(1, ("a fox",))
    )
    assert isinstance(answer, Unanswered)
    assert "only words" in answer.reason


async def test_before_the_model_is_ready_that_is_said(idle_server: Server) -> None:
    answer = await idle_server.bob.slash(idle_server.channel, "gallery search", words="fox", by="meaning")
    assert "getting ready" in str([each.content for each in answer.followups])


async def test_old_and_new_pictures_are_found_after_a_restart(settings: Settings) -> None:
    async with opened_server(settings, working=False) as before:
        file = png(photograph(0))
        old, copy = [await number_of(before, prompt="a hut in the snow", file=file) for _ in range(2)]
        guild_id = before.alice.guild.id
    async with opened_server(settings) as server:
        near = server.atelier.gallery.likeness

        async def found() -> list[int] | None:
            meant = await near.page(guild_id, Browsing(GalleryView.MEANING, words=WINTER), viewer(server))
            alike = await near.page(guild_id, Browsing(GalleryView.ALIKE, like=old), viewer(server))
            return [each.id for each in meant.creations] if alike.creations else None

        await server.atelier.kernel.engine.wait_ready()
        assert await eventually_awaited(found) == [copy, old]
        job = await imagined(server, prompt="a cabin in the snow in winter", count=1)
        [creation] = await server.creations(job)

        async def found_anew() -> bool:
            page = await near.page(job.place.guild_id, Browsing(GalleryView.MEANING, words=WINTER), viewer(server))
            hashed = await near._store.hashes(job.place.guild_id, 0, 100)  # pyright: ignore[reportPrivateUsage]
            return creation.id in {each.id for each in page.creations} & {row[0] for row in hashed}

        assert await eventually_awaited(found_anew)
