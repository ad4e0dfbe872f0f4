"""The picture-book world: what a caption says is in the picture, and where the masks say it is."""

import colorsys
from random import Random

import numpy as np
import pytest
from PIL import Image

from training.artwork import COLOURS, HUES, NOUNS, Artwork, Noun, recoloured
from training.backgrounds import OUTDOORS, PLACES, draw_backdrop
from training.masks import KINDS, draw_mask
from training.scenes import Chances, Scene, Wish, draw_scene, with_article
from training.styles import STYLES

SIZE = 96
BY_NAME = {noun.name: noun for noun in NOUNS}


def names_in(scene: Scene, noun: Noun) -> bool:
    return any(name in scene.caption for name in (noun.name, *noun.synonyms))


def centre(mask: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(mask)
    return float(columns.mean()), float(rows.mean())


def test_the_world_is_as_large_as_promised() -> None:
    assert len(NOUNS) >= 60
    assert len({noun.name for noun in NOUNS}) == len({noun.icon for noun in NOUNS}) == len(NOUNS)
    assert len(PLACES) - 1 == 12
    assert len(STYLES) == 5
    words = [word for noun in NOUNS for word in (noun.name, *noun.synonyms)]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("seed", range(30))
def test_the_caption_says_what_is_there_and_the_masks_where(artwork: Artwork, seed: int) -> None:
    scene = draw_scene(artwork, seed, SIZE)
    assert scene.image.size == (SIZE, SIZE)
    assert scene.image.mode == "RGB"
    shown = np.zeros((SIZE, SIZE), int)
    for thing in scene.things:
        assert names_in(scene, thing.noun)
        assert thing.colour is None or thing.colour in scene.caption
        assert thing.mask.shape == (SIZE, SIZE)
        assert thing.mask.mean() > 0.005
        shown += thing.mask
    assert shown.max(initial=0) <= 1


def test_the_same_seed_is_the_same_scene(artwork: Artwork) -> None:
    one, again, other = (draw_scene(artwork, seed, SIZE) for seed in (5, 5, 6))
    assert one.image.tobytes() == again.image.tobytes()
    assert one.caption == again.caption
    assert one.image.tobytes() != other.image.tobytes()


@pytest.mark.parametrize("seed", range(8))
def test_relations_are_as_said(artwork: Artwork, seed: int) -> None:
    pair = (BY_NAME["cat"], BY_NAME["dog"])
    plain = Chances(style=0, synonym=0, without_place=0)

    def centres(relation: str) -> tuple[tuple[float, float], tuple[float, float]]:
        scene = draw_scene(artwork, seed, SIZE, Wish(pair, relation=relation, place="field"), plain)
        assert f"{relation} a" in scene.caption
        assert [thing.noun for thing in scene.things] == list(pair)
        first, second = (centre(thing.mask) for thing in scene.things)
        return first, second

    cat, dog = centres("left of")
    assert cat[0] < dog[0]
    cat, dog = centres("right of")
    assert cat[0] > dog[0]
    cat, dog = centres("on")
    assert cat[1] < dog[1]


def test_half_are_recoloured_and_a_quarter_has_a_style(artwork: Artwork) -> None:
    scenes = [draw_scene(artwork, seed, 32) for seed in range(400)]
    things = [thing for scene in scenes for thing in scene.things]
    assert 0.42 < sum(thing.colour is not None for thing in things) / len(things) < 0.58
    assert 0.18 < sum(scene.style is not None for scene in scenes) / len(scenes) < 0.32
    assert {len(scene.things) for scene in scenes} == {0, 1, 2, 3}
    assert {scene.style for scene in scenes} == {None, *STYLES}
    assert {scene.place for scene in scenes} == set(PLACES)
    assert len({scene.caption for scene in scenes}) > 390


@pytest.mark.parametrize("place", PLACES)
def test_every_place_is_drawn_at_every_time(place: str) -> None:
    brightness = {}
    for time in ("day", "sunset", "night"):
        backdrop = draw_backdrop(Random(3), 64, place, time)
        assert backdrop.image.size == (64, 64)
        assert backdrop.place == place
        brightness[time] = np.asarray(backdrop.image).mean()
    if place in OUTDOORS:
        assert brightness["night"] < brightness["sunset"] < brightness["day"]


@pytest.mark.parametrize("style", STYLES)
def test_every_style_changes_the_picture_and_keeps_its_size(artwork: Artwork, style: str) -> None:
    wish, plain = Wish((BY_NAME["cat"],), place="meadow", time="day"), Chances(style=0)
    scene = draw_scene(artwork, 2, SIZE, wish, plain)
    styled = STYLES[style](scene.image)
    assert styled.size == scene.image.size
    assert styled.mode == "RGB"
    assert np.abs(np.asarray(styled).astype(int) - np.asarray(scene.image).astype(int)).mean() > 5


@pytest.mark.parametrize("colour", COLOURS)
def test_a_recoloured_thing_has_that_colour(artwork: Artwork, colour: str) -> None:
    sprite = recoloured(artwork.sprite(BY_NAME["cat"]), colour)
    assert sprite.mode == "RGBA"
    seen = np.asarray(sprite)[np.asarray(sprite.getchannel("A")) > 250][:, :3]
    hue, saturation, value = colorsys.rgb_to_hsv(*(seen.mean(axis=0) / 255))
    if colour in HUES:
        assert min(abs(hue - HUES[colour]), 1 - abs(hue - HUES[colour])) < 0.06
        assert saturation > 0.25
    else:
        assert saturation < 0.25
        assert (value > 0.6) == (colour == "white")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_masks_are_drawn_as_members_draw_them(artwork: Artwork, kind: str, seed: int) -> None:
    wish = Wish((BY_NAME["cat"],), place="field")
    scene = draw_scene(artwork, seed, SIZE, wish, Chances(style=0))
    mask = draw_mask(scene, Random(seed), kind)
    assert mask.dtype == bool
    assert mask.shape == (SIZE, SIZE)
    assert mask.any()
    if kind == "everything":
        assert mask.all()
    if kind == "outline":
        thing = scene.things[0].mask
        assert mask[thing].all()
        assert 1.0 < mask.sum() / thing.sum() < 2.5


def test_an_empty_place_gets_a_mask_too(artwork: Artwork) -> None:
    scene = draw_scene(artwork, 1, SIZE, Wish(nouns=()))
    assert scene.things == ()
    assert not scene.caption.startswith(("a picture of in", "a drawing of in"))
    assert draw_mask(scene, Random(1), "outline").any()


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("apple", "an"), ("umbrella", "an"), ("unicorn", "a"), ("ufo", "a"), ("orange cat", "an"), ("cat", "a")],
)
def test_articles(words: str, wanted: str) -> None:
    assert with_article(words) == f"{wanted} {words}"


def test_a_sprite_is_cropped_to_what_is_drawn(artwork: Artwork) -> None:
    sprite = artwork.sprite(BY_NAME["cat"])
    assert isinstance(sprite, Image.Image)
    assert sprite.getchannel("A").point([0] * 8 + [255] * 248).getbbox() == (0, 0, *sprite.size)
