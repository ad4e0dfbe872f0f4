"""What prompts and parameters may say beyond plain words, and what comes of it."""

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from engine.api.messages import Failed, Finished, GenerationParameters, GenerationRequest
from engine.core import paint
from engine.models.loading import Model, load_model
from engine.prompts import Part, split_parts, weighted_words
from engine.refusal import RefusedError
from engine.schedulers import create_scheduler
from engine.words import PromptEncoder
from tests.support.images import NATIVE, meadow, opened, png


@pytest.fixture(scope="module")
def model() -> Model:
    model = load_model("starter", None, "cpu", "fp32", lambda _loading: None)
    assert isinstance(model, Model)
    return model


def painted(model: Model, asked: GenerationRequest) -> Image.Image:
    finished = paint(model, asked, lambda _progress: None)
    assert isinstance(finished, Finished), finished
    return opened(finished.images[0].png)


def levels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture).astype(int)


def asked(prompt: str, **others: Any) -> GenerationRequest:
    return GenerationRequest(
        1, GenerationParameters(prompt, **{"num_inference_steps": 6, "guidance_scale": 4.0, **others})
    )


@pytest.mark.parametrize(
    ("prompt", "parts"),
    [
        ("a cat", [Part("a cat")]),
        ("a cat::2 a castle::1", [Part("a cat", 2), Part("a castle", 1)]),
        ("a cat::2 a castle", [Part("a cat", 2), Part("a castle", 1)]),
        ("hot:: dog", [Part("hot"), Part("dog")]),
        ("a field::1 flowers::-0.5", [Part("a field", 1), Part("flowers", -0.5)]),
        (
            "a meadow | left: a fox | Right : a lighthouse",
            [Part("a meadow"), Part("a fox", place="left"), Part("a lighthouse", place="right")],
        ),
        (
            "left: a fox | right: a lighthouse",
            [Part("a fox and a lighthouse"), Part("a fox", place="left"), Part("a lighthouse", place="right")],
        ),
        ("a note: a cat | a dog", [Part("a note: a cat | a dog")]),
        ("", [Part("")]),
    ],
)
def test_a_prompt_has_parts(prompt: str, parts: list[Part]) -> None:
    assert split_parts(prompt) == parts


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [("a::1 b::-1", "cancel each other out"), ("a::1 " * 7, "6 parts at most, and this one has 7")],
)
def test_a_prompt_that_can_not_be_is_explained(prompt: str, sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence):
        split_parts(prompt)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a cat", [("a cat", 1.0)]),
        ("a (red) cat", [("a ", 1.0), ("red", 1.1), (" cat", 1.0)]),
        ("a (red:1.3) cat", [("a ", 1.0), ("red", 1.3), (" cat", 1.0)]),
        ("a ((red)) cat", [("a ", 1.0), ("red", 1.1 * 1.1), (" cat", 1.0)]),
        ("a [red] cat", [("a ", 1.0), ("red", 1 / 1.1), (" cat", 1.0)]),
        ("a (very (red:2):0.5) cat", [("a ", 1.0), ("very ", 0.5), ("red", 1.0), (" cat", 1.0)]),
        (r"a \(red\) cat", [("a (red) cat", 1.0)]),
        ("a (red cat", [("a (red cat", 1.0)]),
        ("a red) cat: small", [("a red) cat: small", 1.0)]),
    ],
)
def test_words_have_weights(text: str, pieces: list[tuple[str, float]]) -> None:
    found = weighted_words(text)
    assert "".join(piece for piece, _ in found) == "".join(piece for piece, _ in pieces)
    letters = [weight for piece, weight in pieces for _ in piece]
    assert [weight for piece, weight in found for _ in piece] == pytest.approx(letters)


def test_a_plain_prompt_is_encoded_as_by_diffusers(model: Model) -> None:
    text = "a red cat in a meadow, pixel art"
    theirs, _ = model.pipeline.encode_prompt(text, "cpu", 1, False)
    assert torch.equal(model.words.encode([text]).embeddings, theirs)


def test_a_long_prompt_keeps_its_end(model: Model) -> None:
    """Only the first window would be seen by a tokenizer that truncates."""
    encoder: PromptEncoder = model.words
    long = "a cat and " * 20
    cat, dog = (encoder.encode([long + last, ""]).embeddings for last in ("a cat", "a dog"))
    assert cat.shape[1] == 3 * encoder.window
    assert torch.equal(cat[0, : 2 * encoder.window], dog[0, : 2 * encoder.window])
    assert not torch.equal(cat[0], dog[0])
    assert torch.equal(cat[1, : encoder.window], encoder.encode([""]).embeddings[0])


def test_a_heavier_word_pulls_the_prompt_towards_it(model: Model) -> None:
    def distance(text: str) -> float:
        plain, weighted = model.words.encode(["a cat in the snow", text]).embeddings
        return float((plain - weighted).norm())

    assert 0 < distance("a (cat:1.2) in the snow") < distance("a (cat:1.6) in the snow")
    assert distance("a (cat:1.0) in the snow") < 1e-4


def test_a_part_without_weight_changes_nothing(model: Model) -> None:
    alone = levels(painted(model, asked("a cat", guidance_scale=1.0)))
    both = levels(painted(model, asked("a cat::1 a castle::0", guidance_scale=1.0)))
    assert np.abs(alone - both).max() <= 1


def test_every_element_gets_its_place(model: Model) -> None:
    """The left half follows the left prompt, and the right half the right one."""
    night, day = "a night sky", "a green field"
    split = levels(painted(model, asked(f"left: {night} | right: {day}", num_inference_steps=12)))
    swapped = levels(painted(model, asked(f"left: {day} | right: {night}", num_inference_steps=12)))
    dark_left = split[:, :48].mean() - split[:, 80:].mean()
    dark_right = swapped[:, :48].mean() - swapped[:, 80:].mean()
    assert dark_left < dark_right


def test_guidance_rescale_changes_the_picture(model: Model) -> None:
    high = levels(painted(model, asked("a red cat", guidance_scale=15.0)))
    tamed = levels(painted(model, asked("a red cat", guidance_scale=15.0, guidance_rescale=0.7)))
    assert tamed.std() < high.std()


def test_words_alone_make_a_picture_of_the_asked_size(model: Model) -> None:
    assert painted(model, asked("a cat")).size == (NATIVE, NATIVE)
    assert painted(model, asked("a cat", width=190, height=100)).size == (192, 96)


def test_too_large_a_picture_is_refused(model: Model) -> None:
    failed = paint(model, asked("a cat", width=1024, height=1024), lambda _progress: None)
    assert isinstance(failed, Failed)
    assert "no more than 512 × 512" in failed.reason


def test_a_picture_alone_is_varied_the_more_the_higher_the_strength(model: Model) -> None:
    source = meadow(160, 120)

    def distance(strength: float) -> float:
        varied = painted(
            model,
            GenerationRequest(
                1, GenerationParameters("a meadow", strength=strength, num_inference_steps=10, seed=3), png(source)
            ),
        )
        assert varied.size == (288, 224)
        return float(np.abs(levels(varied) - levels(source.resize(varied.size))).mean())

    assert distance(0.2) < distance(0.6) < distance(1.0)


def test_a_picture_is_enlarged(model: Model) -> None:
    """A second pass over a larger copy keeps what the picture shows."""
    source = painted(model, asked("a meadow", seed=5))
    request = GenerationRequest(
        1,
        GenerationParameters("a meadow", strength=0.3, num_inference_steps=20, width=256, height=256),
        png(source),
    )
    enlarged = painted(model, request)
    assert enlarged.size == (256, 256)
    assert np.abs(levels(enlarged.resize((16, 16))) - levels(source.resize((16, 16)))).mean() < 24


@pytest.mark.parametrize("margins", [(40, 0, 0, 0), (0, 30, 20, 10)])
def test_a_picture_grows_on_its_sides(model: Model, margins: tuple[int, int, int, int]) -> None:
    source = meadow(160, 120)
    left, top, right, bottom = margins
    parameters = GenerationParameters("a meadow", num_inference_steps=6, guidance_scale=4.0)
    grown = painted(model, GenerationRequest(1, parameters, png(source), margins=margins))
    assert grown.size == (160 + left + right, 120 + top + bottom)
    inner = (left + 8, top + 8, left + 152, top + 112)
    assert (levels(grown.crop(inner)) == levels(source.crop((8, 8, 152, 112)))).all()
    new = levels(grown)[:, :left] if left else levels(grown)[:top]
    assert new.std() > 5


def test_a_harmless_picture_is_scored_as_safe(model: Model) -> None:
    finished = paint(model, asked("a castle in a meadow"), lambda _progress: None)
    assert isinstance(finished, Finished)
    assert 0 <= finished.images[0].nsfw < 0.2
    assert model.safety.score(meadow(160, 120)) != finished.images[0].nsfw


def test_a_picture_says_how_it_was_made(model: Model) -> None:
    picture = painted(model, asked("ein Mädchen, a cat", negative_prompt="blurry", seed=7, scheduler="euler_a"))
    lines = picture.info["parameters"].split("\n")
    assert lines[:2] == ["ein Mädchen, a cat", "Negative prompt: blurry"]
    assert lines[2].startswith("Steps: 6, Sampler: euler_a, CFG scale: 4, Seed: 7, Size: 256x256, Model: starter")


def test_a_hybrid_of_one_kind_is_that_kind(model: Model) -> None:
    plain, joined = (levels(painted(model, asked("a cat", scheduler=name))) for name in ("ddim", "ddim:2+ddim:4"))
    assert (plain == joined).all()
    other = levels(painted(model, asked("a cat", scheduler="ddim:2+ddpm:4")))
    assert (other != plain).any()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("dream", "I know no scheduler “dream”"),
        ("ddim:3+dream:3", "I know no scheduler “dream”"),
        ("ddim:3+ddpm", "write their steps too"),
        ("ddim:0+ddpm:3", "write their steps too"),
        ("ddim:3+euler:3", "one counts noise in sigmas"),
        ("ddim:3+pndm:3", "they step at different times"),
    ],
)
def test_schedulers_that_can_not_be_are_refused(name: str, sentence: str, model: Model) -> None:
    with pytest.raises(RefusedError, match=sentence):
        create_scheduler(name, model.pipeline.scheduler, 6)


def test_too_many_steps_for_lcm_are_refused(model: Model) -> None:
    failed = paint(model, asked("a cat", scheduler="lcm", num_inference_steps=60), lambda _progress: None)
    assert isinstance(failed, Failed)
    assert failed.reason == "The scheduler lcm can't take 60 steps; ask for fewer."


def test_nothing_to_denoise_is_refused(model: Model) -> None:
    asked = GenerationRequest(
        1, GenerationParameters("a cat", strength=0.1, num_inference_steps=5), png(meadow(160, 120))
    )
    failed = paint(model, asked, lambda _progress: None)
    assert isinstance(failed, Failed)
    assert failed.reason.startswith("So few steps at so low a strength change nothing")
