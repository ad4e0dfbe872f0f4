"""The judge of the starter model: what it is asked, what counts as right, and what the classifier is taught."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from training import classifier, score
from training.artwork import COLOURS, NOUNS, Artwork
from training.classifier import COLOUR_NUMBERS, IGNORED, NOUN_NUMBERS, Classifier, Seen, labels, roughened
from training.data import render_shard, shard_path
from training.score import Question, World
from training.styles import STYLE_WORDS, STYLES

NAMES = tuple(noun.name for noun in NOUNS)


@pytest.fixture
def world(artwork: Artwork, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(score, "fetch_artwork", lambda _folder: None)
    monkeypatch.setattr(score, "Artwork", lambda _path: artwork)
    return World(64)


def asked(question: Question) -> list[str]:
    """Return the nouns that the prompt names, by any of their names, longest names first."""
    text, found = f" {question.prompt} ", []
    names = [(name, noun.name) for noun in NOUNS for name in (noun.name, *noun.synonyms)]
    for name, noun in sorted(names, key=lambda pair: -len(pair[0])):
        if f" {name} " in text.replace(",", " ,"):
            text = text.replace(name, "", 1)
            found.append(noun)
    return found


def seen(nouns: list[str], colour: str | None = None, style: str | None = None) -> Seen:
    rest = [name for name in NAMES if name not in nouns]
    return Seen((*nouns, *rest), (colour,) * len(NAMES), style)


@pytest.mark.parametrize("kind", [World.text_to_image, World.inpaint])
@pytest.mark.parametrize("seed", range(8))
def test_one_thing_is_asked_for_and_only_that_is_right(
    world: World, kind: Callable[[World, int], Question], seed: int
) -> None:
    question = kind(world, seed)
    [noun] = asked(question)
    other = next(name for name in NAMES if name != noun)
    assert question.right(seen([noun, other]))
    assert not question.right(seen([other, noun]))


@pytest.mark.parametrize("seed", range(8))
def test_a_style_is_right_whatever_it_shows(world: World, seed: int) -> None:
    question = world.style(seed)
    right = [style for style in (None, *STYLES) if question.right(seen(["ghost"], style=style))]
    assert len(right) == 1
    assert any(words in question.prompt for words in STYLE_WORDS[str(right[0])])


@pytest.mark.parametrize("seed", range(8))
def test_colour_and_shape_have_both_to_be_right(world: World, seed: int) -> None:
    question = world.colour_and_shape(seed)
    [noun] = asked(question)
    right = [colour for colour in (None, *COLOURS) if question.right(seen([noun], colour))]
    assert len(right) == 1
    assert str(right[0]) in question.prompt
    assert not question.right(seen([next(name for name in NAMES if name != noun)], right[0]))


@pytest.mark.parametrize("seed", range(8))
def test_two_things_are_right_in_any_order(world: World, seed: int) -> None:
    question = world.two_objects(seed)
    first, second = asked(question)
    other = next(name for name in NAMES if name not in (first, second))
    assert question.right(seen([first, second]))
    assert question.right(seen([second, first]))
    assert not question.right(seen([first, other, second]))


def test_inpainting_asks_for_something_else_where_a_thing_is(world: World) -> None:
    question = world.inpaint(3)
    assert 0.05 < question.mask.mean() < 0.9
    assert question.image.size == (64, 64)
    inside = np.asarray(question.image)[question.mask]
    assert inside.std() > 5


class SeesCats:
    """A judge to whom everything is a natural cat in a sketch."""

    def see(self, _picture: Image.Image, _mask: np.ndarray) -> Seen:
        return seen(["cat", "dog"], style="sketch")


def test_the_score_counts_what_the_judge_sees_in_the_models_pictures(
    world: World, artwork: Artwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_out = render_shard(artwork, 0, 2, 128)
    monkeypatch.setattr(score, "render_shard", lambda *_: held_out)
    monkeypatch.setattr(score, "STEPS", 2)
    told: list[str] = []
    judge: Any = SeesCats()
    shares = score.score("starter", judge, 3, told.append)
    world = World(128)
    for kind in ("text_to_image", "inpaint", "colour_and_shape", "two_objects", "style"):
        questions = [getattr(world, kind)(seed) for seed in range(3)]
        right = np.mean([question.right(judge.see(question.image, question.mask)) for question in questions])
        assert shares[kind] == round(float(right), 3)
        assert f"{kind}: {shares[kind]:.3f}" in told
    assert 0 <= shares["shuffled"] <= 1
    assert 5 < shares["vae_psnr"] < 60


def test_labels_say_which_thing_is_where_and_its_colour_where_one_can_tell() -> None:
    things = np.zeros((2, 8, 8), np.uint8)
    things[:, :4], things[:, 4:, 4:] = 1, 2
    named = [["cat", "red"], ["dog", None]]
    nouns, colours, styles = labels(things, [{"things": named, "style": style} for style in (None, "sepia")])
    expected = np.zeros((4, 4), np.int64)
    expected[:2], expected[2:, 2:] = NOUN_NUMBERS["cat"], NOUN_NUMBERS["dog"]
    assert (nouns.numpy() == expected).all()
    assert set(colours[0, :2].flatten().tolist()) == {COLOUR_NUMBERS["red"]}
    assert set(colours[0, 2:, 2:].flatten().tolist()) == {0}
    assert (colours[0, 2:, :2] == IGNORED).all()
    assert (colours[1] == IGNORED).all()
    assert styles[0] == 0 < styles[1]


def test_some_pictures_lose_their_colour_some_their_sharpness() -> None:
    pictures = torch.rand(400, 3, 8, 8)
    rough, grey = roughened(pictures, np.random.default_rng(0))
    assert (rough[grey].std(dim=1) < 1e-6).all()
    assert grey.float().mean() == pytest.approx(classifier.GREY, abs=0.08)
    unchanged = (rough == pictures).flatten(1).all(dim=1)
    assert unchanged.float().mean() == pytest.approx((1 - classifier.GREY) * (1 - classifier.SOFT), abs=0.08)


def test_the_classifier_learns_goes_on_and_looks_only_into_the_mask(
    artwork: Artwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifier, "fetch_artwork", lambda _folder: None)
    monkeypatch.setattr(classifier, "Artwork", lambda _path: artwork)
    monkeypatch.setattr(classifier, "TESTED", 2)
    monkeypatch.setattr(classifier, "BATCH", {"cpu": 4, "cuda": 4})
    scenes, out = tmp_path / "scenes", tmp_path / "out"
    scenes.mkdir()
    render_shard(artwork, 0, 12, 256).save(shard_path(scenes, 0))
    for total in (8, 16):
        classifier.train(scenes, out, minutes=5, total_samples=total)
        assert torch.load(out / "state.pt", weights_only=True)["samples"] == total
    judge = Classifier.load(out)
    picture = render_shard(artwork, 3, 1, 256).images[0]
    mask = np.zeros((256, 256), bool)
    mask[:, :128] = True
    answer = judge.see(Image.fromarray(picture), mask)
    assert sorted(answer.nouns) == sorted(NAMES)
    assert judge.see(Image.fromarray(picture), ~mask) != answer
