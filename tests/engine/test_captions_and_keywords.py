"""What the engine answers beside painting: what a picture shows, and which words of a prompt matter."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from transformers import AutoTokenizer, BlipConfig, BlipForConditionalGeneration, BlipImageProcessorPil, BlipProcessor

from engine.api.messages import Described, DescriptionRequest, Unanswered, Weighed, WeighingRequest
from engine.captions import Captioner
from engine.desk import QuestionHandler, desk_of
from engine.models.loading import Model, load_model
from engine.models.source import STARTER
from engine.regions.finder import Finder
from engine.regions.text_to_mask import TextToMask
from engine.safety import SafetyScorer
from tests.support.images import meadow, png, two_things


@pytest.fixture(scope="module")
def starter() -> Model:
    model = load_model("starter", None, "cpu", "fp32", lambda _loading: None)
    assert isinstance(model, Model)
    return model


@pytest.fixture(scope="module")
def blip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BLIP with random weights, in the files that it has on the Hub."""
    folder = tmp_path_factory.mktemp("blip")
    tokenizer = AutoTokenizer.from_pretrained(STARTER / "tokenizer")
    part = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 2}
    special = {"bos_token_id": tokenizer.bos_token_id, "sep_token_id": tokenizer.eos_token_id}
    special |= {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = BlipConfig(
        text_config={**part, **special, "vocab_size": len(tokenizer), "encoder_hidden_size": 32},
        vision_config={**part, "image_size": 64, "patch_size": 16},
        projection_dim=32,
    )
    torch.manual_seed(0)
    BlipForConditionalGeneration(config).save_pretrained(folder)
    BlipProcessor(BlipImageProcessorPil(size={"height": 64, "width": 64}), tokenizer).save_pretrained(folder)
    return folder


def test_a_picture_of_the_models_world_is_described(head: TextToMask) -> None:
    captioner = Captioner(head, ("red", "blue"), "cpu")
    picture, _ = two_things()
    prompts, note = captioner.describe(picture)
    things = prompts[0].split(" and ")
    assert len(things) == 2
    assert "a red hen" in things
    assert any(thing.endswith(" pig") for thing in things)
    assert " next to " in prompts[1]
    assert prompts[2] in prompts[0]
    assert "its own world" in note
    left = picture.crop((0, 0, 64, 128)).resize((128, 256))
    assert captioner.describe(left)[0] == ("a red hen",)


def test_a_picture_of_another_world_is_said(starter: Model) -> None:
    answer = desk_of(starter).answer(DescriptionRequest(4, png(Image.new("RGB", (200, 100), "grey"))))
    assert answer == Unanswered(
        4, "I see nothing in this picture that the model in use could paint; describe it in your own words."
    )


def test_other_models_ask_blip(blip: Path) -> None:
    answer = QuestionHandler(Finder(None), Captioner(None, (), "cpu", str(blip)), None, SafetyScorer()).answer(
        DescriptionRequest(5, png(meadow()))
    )
    assert isinstance(answer, Described)
    assert 1 <= len(answer.prompts) <= 3
    assert len(set(answer.prompts)) == len(answer.prompts)


def test_without_blip_that_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    captioner = Captioner(None, (), "cpu", str(tmp_path / "nothing"))
    answer = QuestionHandler(Finder(None), captioner, None, SafetyScorer()).answer(DescriptionRequest(6, png(meadow())))
    assert isinstance(answer, Unanswered)
    assert "could not be fetched" in answer.reason
    assert "BLIP can't be had" in caplog.text


def test_the_words_that_matter(starter: Model) -> None:
    answer = desk_of(starter).answer(WeighingRequest(7, "a very beautiful cat in the snow"))
    assert isinstance(answer, Weighed)
    assert [word for word, _ in answer.words] == ["a", "very", "beautiful", "cat", "in", "the", "snow"]
    shares = dict(answer.words)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["snow"] > shares["beautiful"]
    assert shares["snow"] > shares["the"]


def test_a_model_that_can_not_be_asked_says_so() -> None:
    answer = QuestionHandler(Finder(None), Captioner(None, (), "cpu"), None, SafetyScorer()).answer(
        WeighingRequest(8, "a cat")
    )
    assert isinstance(answer, Unanswered)
    assert "another model" in answer.reason
