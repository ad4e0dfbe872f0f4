"""Finding a region by words or by a point: how descriptions are understood, who looks, and how well they find."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    AutoTokenizer,
    CLIPSegConfig,
    CLIPSegForImageSegmentation,
    CLIPSegProcessor,
    SamConfig,
    SamImageProcessorPil,
    SamModel,
    SamProcessor,
    ViTImageProcessorPil,
)

from engine.api.client import LocalEngine, UnansweredError
from engine.api.messages import (
    EngineOptions,
    Finished,
    GenerationParameters,
    GenerationRequest,
    Progress,
    RegionFound,
    RegionRequest,
    Unanswered,
)
from engine.api.places import REGION_NAMES
from engine.bench_regions import Sample, measure, overlap, photographs, scenes
from engine.captions import Captioner
from engine.desk import QuestionHandler
from engine.models.source import STARTER
from engine.regions.descriptions import SUBJECT, Description, parse
from engine.regions.finder import Finder
from engine.regions.masks import Mask, NothingFoundError
from engine.regions.text_to_mask import TextToMask
from engine.safety import SafetyScorer
from tests.support.hub import Hub
from tests.support.images import ellipse, meadow, opened, png, two_things
from tests.support.waiting import PATIENCE_SECONDS

HERE = Path(__file__).parents[2]


def disc_on_grass(width: int = 160, height: int = 120) -> tuple[Image.Image, Mask]:
    """Return a red disc on speckled green, and where the disc is."""
    noise = np.random.default_rng(0).integers(-12, 12, (height, width, 3))
    disc = np.asarray(ellipse(width, height)) > 0
    colours = np.where(disc[:, :, None], (210, 40, 30), (60, 150, 70)) + noise
    return Image.fromarray(colours.astype(np.uint8)), disc


@pytest.fixture(scope="module")
def clipseg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIPSeg with random weights, in the files that it has on the Hub."""
    folder = tmp_path_factory.mktemp("clipseg")
    tokenizer = AutoTokenizer.from_pretrained(STARTER / "tokenizer")
    part = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 3, "num_attention_heads": 4}
    text = {**part, "vocab_size": len(tokenizer), "max_position_embeddings": 77, "eos_token_id": tokenizer.eos_token_id}
    config = CLIPSegConfig(
        text_config=text,
        vision_config={**part, "image_size": 64, "patch_size": 16},
        projection_dim=32,
        extract_layers=[0, 1],
        reduce_dim=16,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=16,
    )
    torch.manual_seed(0)
    CLIPSegForImageSegmentation(config).save_pretrained(folder)
    images = ViTImageProcessorPil(size={"height": 64, "width": 64})
    CLIPSegProcessor(images, tokenizer).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def sam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SAM with random weights, in the files that it has on the Hub."""
    folder = tmp_path_factory.mktemp("sam")
    config = SamConfig(
        vision_config={
            "hidden_size": 32,
            "output_channels": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 64,
            "patch_size": 16,
            "mlp_dim": 32,
            "window_size": 2,
            "global_attn_indexes": [1],
            "num_pos_feats": 8,
        },
        prompt_encoder_config={"hidden_size": 16, "image_size": 64, "patch_size": 16, "mask_input_channels": 4},
        mask_decoder_config={
            "hidden_size": 16,
            "mlp_dim": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "iou_head_hidden_dim": 16,
        },
    )
    torch.manual_seed(0)
    SamModel(config).save_pretrained(folder)
    images = SamImageProcessorPil(
        size={"longest_edge": 64},
        pad_size={"height": 64, "width": 64},
        mask_size={"longest_edge": 16},
        mask_pad_size={"height": 16, "width": 16},
    )
    SamProcessor(images).save_pretrained(folder)
    return folder


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("the cat", ("cat",), ()),
        ("The Cat, the dog.", ("cat", "dog"), ()),
        ("sky and sea", ("sky", "sea"), ()),
        ("not the dog", ("everything",), ("dog",)),
        ("subject but not her hat", ("subject",), ("hat",)),
        ("the car and not the wheel", ("car",), ("wheel",)),
        ("everything except for the house and the tree", ("everything",), ("house", "tree")),
        ("everything but “the house”", ("everything",), ("house",)),
        ("a man without a hat, top  third", ("man",), ("hat", "top third")),
        ("a notebook and a butterfly on a band", ("notebook", "butterfly on a band"), ()),
        ("the cat but not", ("cat",), ()),
    ],
)
def test_a_description_is_understood(text: str, wanted: tuple[str, ...], unwanted: tuple[str, ...]) -> None:
    assert parse(text) == Description(wanted, unwanted)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "I don't see what to look for"),
        ("not the", "I don't see what to look for"),
        (" and , the", "I don't see what to look for"),
        (", ".join("bcdefghij"), "I can look for 8 things at once"),
    ],
)
def test_a_description_that_says_nothing_or_too_much_is_explained(text: str, sentence: str) -> None:
    with pytest.raises(NothingFoundError, match=sentence) as refused:
        parse(text)
    assert str(refused.value).endswith("give a mask.")


@pytest.mark.parametrize("size", [(160, 120), (3, 5), (1, 1)])
@pytest.mark.parametrize("place", sorted(REGION_NAMES))
def test_every_place_is_somewhere_in_every_picture(place: str, size: tuple[int, int]) -> None:
    mask = Finder(None).find(meadow(*size), place).mask
    assert mask.shape == (size[1], size[0])
    assert mask.any()


def test_places_are_joined_and_taken_away() -> None:
    found = Finder(None).find(meadow(), "left and top but not the bottom left")
    wanted = np.zeros((120, 160), bool)
    wanted[:60] = True
    assert (found.mask == wanted).all()
    with pytest.raises(NothingFoundError, match="Nothing is left of “left but not everything”"):
        Finder(None).find(meadow(), "left but not everything")


def test_the_subject_of_photographs_is_found_well() -> None:
    overlaps = [overlap(Finder(None).find(sample.picture, "subject").mask, sample.mask) for sample in photographs()]
    assert min(overlaps) > 0.85
    assert np.mean(overlaps) > 0.9


def test_the_background_is_all_but_the_subject_and_both_mix_with_places() -> None:
    picture = next(photographs()).picture
    finder = Finder(None)
    subject, background = finder.find(picture, "subject").mask, finder.find(picture, "the background").mask
    assert (background == ~subject).all()
    left = finder.find(picture, "subject but not the right").mask
    assert (left[:, : picture.width // 2] == subject[:, : picture.width // 2]).all()
    assert not left[:, picture.width // 2 :].any()


@pytest.mark.parametrize("picture", [Image.new("RGB", (90, 60), "teal"), Image.new("RGB", (1, 1))])
def test_where_nothing_stands_out_it_is_said(picture: Image.Image) -> None:
    with pytest.raises(NothingFoundError, match="Nothing stands out as the subject"):
        Finder(None).find(picture, "subject")


def test_the_head_finds_names_and_subject(head: TextToMask, tmp_path: Path) -> None:
    head.save(tmp_path)
    picture, wanted = two_things()
    finder = Finder(TextToMask.load(tmp_path))
    for name in ("hen", "the pig", "a red hen", "subject", "hen and pig"):
        true = wanted[{"hen and pig": SUBJECT}.get(name, name.removeprefix("the ").removeprefix("a "))]
        found = finder.find(picture, name)
        assert overlap(found.mask, true) > 0.8
        assert found.note == ""
    assert overlap(finder.find(picture, "not the hen").mask, ~wanted["hen"]) > 0.9
    larger = finder.find(picture.resize((300, 300)), "hen").mask
    assert overlap(np.asarray(Image.fromarray(larger).resize((128, 128))), wanted["hen"]) > 0.8


def test_the_head_finds_the_thing_at_a_point_and_not_the_other(head: TextToMask) -> None:
    picture, wanted = two_things()
    assert overlap(Finder(head).at(picture, (0.25, 0.5)).mask, wanted["hen"]) > 0.8
    assert overlap(Finder(head).at(picture, (0.75, 0.55)).mask, wanted["pig"]) > 0.8


def test_what_the_head_does_not_know_or_see_is_said(head: TextToMask) -> None:
    picture, _ = two_things()
    with pytest.raises(
        NothingFoundError, match="I can't look for “zebra”, this model can look for 2 kinds of things; na"
    ):
        Finder(head).find(picture, "the zebra and the hen")
    with pytest.raises(NothingFoundError, match="I see no “blue hen” in your picture; name another, pick cells"):
        Finder(head).find(picture, "the pig and a blue hen")


def test_where_the_head_sees_nothing_others_look_and_it_is_said(head: TextToMask) -> None:
    picture, _ = two_things()
    ground = Finder(head).at(picture, (0.5, 0.05))
    assert ground.mask[6, 64]
    assert ground.note == "Nothing of this model's own world was seen there, so GrabCut looked."
    blank = TextToMask(head.words, head.nouns).eval()
    blank.embedding.weight.data.zero_()
    photograph = next(photographs())
    found = Finder(blank).find(photograph.picture, "subject")
    assert overlap(found.mask, photograph.mask) > 0.85
    assert "U²-Net looked" in found.note


def test_words_are_looked_for_by_clipseg_in_one_batch(clipseg: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.regions.clipseg.THRESHOLD", 0.01)
    finder = Finder(None, clipseg=str(clipseg))
    one, both = finder.find(meadow(), "a red car").mask, finder.find(meadow(), "a red car and the left").mask
    assert one.shape == (120, 160)
    assert (both[:, :80]).all()
    assert (both[:, 80:] == one[:, 80:]).all()
    monkeypatch.setattr("engine.regions.clipseg.THRESHOLD", 1.0)
    with pytest.raises(NothingFoundError, match="I see no “red car” or “very old tree” in your picture"):
        finder.find(meadow(), "a red car and a very old tree")


def test_a_point_is_looked_at_by_sam(sam: Path) -> None:
    found = Finder(None, sam=str(sam)).at(meadow(), (0.5, 0.5))
    assert found.mask.shape == (120, 160)
    assert found.mask.dtype == bool
    assert found.note == ""


@pytest.mark.usefixtures("offline")
def test_without_the_hub_a_point_is_found_by_colours_and_it_is_said() -> None:
    picture, disc = disc_on_grass()
    found = Finder(None, sam="nobody/nothing").at(picture, (0.5, 0.5))
    assert overlap(found.mask, disc) > 0.9
    assert found.note == "Found by colours with GrabCut, because Segment Anything could not be fetched."
    with pytest.raises(NothingFoundError, match="outside of your picture"):
        Finder(None).at(picture, (1.2, 0.5))


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("size", [(16, 16), (300, 16), (900, 700)])
def test_every_corner_of_every_picture_has_its_colours(size: tuple[int, int]) -> None:
    finder = Finder(None, sam="nobody/nothing")
    for x, y in ((0.0, 0.0), (1.0, 1.0), (0.5, 0.5)):
        mask = finder.at(Image.new("RGB", size, "teal"), (x, y)).mask
        assert mask.shape == (size[1], size[0])
        assert mask.any()
    with pytest.raises(NothingFoundError, match="too small to tell things in it apart"):
        finder.at(Image.new("RGB", (2, 1)), (0.5, 0.5))


@pytest.mark.usefixtures("offline")
def test_without_the_hub_words_are_refused_and_other_ways_named(caplog: pytest.LogCaptureFixture) -> None:
    finder = Finder(None, clipseg="nobody/nothing")
    with pytest.raises(NothingFoundError, match=r"I can't look for “red car”, because .* could not be fetched; try"):
        finder.find(meadow(), "a red car and the left")
    assert "nobody/nothing is not in the cache" in caplog.text


def test_damaged_files_are_said_as_such(tmp_path: Path, clipseg: Path, caplog: pytest.LogCaptureFixture) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(clipseg, damaged)
    (damaged / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(NothingFoundError, match="could not be fetched"):
        Finder(None, clipseg=str(damaged)).find(meadow(), "a red car")
    assert "can't be loaded" in caplog.text


def test_a_picture_that_cannot_be_read_is_said(caplog: pytest.LogCaptureFixture) -> None:
    desk = QuestionHandler(Finder(None), Captioner(None, (), "cpu"), None, SafetyScorer())
    for broken in (b"no picture", png(meadow())[:200]):
        missing = desk.answer(RegionRequest(1, broken, "left"))
        assert missing == Unanswered(1, "I can't read this picture; send it again as a PNG or JPEG file.")
    assert "UnidentifiedImageError" in caplog.text


def test_the_figures_of_the_bench(head: TextToMask, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = measure(Finder(None), knows_the_world=False)
    assert figures["region_iou_subjects_of_photographs"] > 0.9
    assert figures.keys() == {"region_iou_subjects_of_photographs", "region_seconds_subject"}
    samples = list(scenes())
    assert sum(sample.name == SUBJECT for sample in samples) > 20
    picture, wanted = two_things()
    known = [Sample(picture, "hen", wanted["hen"]), Sample(picture, SUBJECT, wanted[SUBJECT])]
    unseen = [Sample(picture, "blue hen", wanted["hen"]), Sample(picture, "zebra", wanted["hen"])]
    monkeypatch.setattr("engine.bench_regions.scenes", lambda: [*known, *unseen])
    figures = measure(Finder(head), knows_the_world=True)
    assert 0.8 / 3 < figures["region_iou_named_things"] < 1 / 3
    assert figures["region_iou_subjects_of_scenes"] > 0.8


@pytest.mark.skipif(not (STARTER / "text_to_mask").is_dir(), reason="the starter has no text-to-mask head yet")
def test_the_starters_head_knows_its_world() -> None:
    figures = measure(Finder(TextToMask.load(STARTER / "text_to_mask")), knows_the_world=True)
    assert figures["region_iou_named_things"] >= 0.8
    assert figures["region_iou_subjects_of_scenes"] >= 0.9


@pytest.fixture
async def engine(hub: Hub) -> AsyncIterator[LocalEngine]:
    """An engine whose model finds nothing itself, with a Hub that has neither CLIPSeg nor SAM."""
    folder = hub.folder.parent / "headless"
    shutil.copytree(STARTER, folder, ignore=shutil.ignore_patterns("text_to_mask"))
    environment = {"HF_ENDPOINT": hub.address, "HF_HOME": str(hub.folder.parent / "cache"), "HF_HUB_OFFLINE": "0"}
    engine = LocalEngine(EngineOptions(str(folder), environment=environment))
    life = asyncio.create_task(_live(engine, close := asyncio.Event()))
    await asyncio.wait_for(engine.wait_ready(), PATIENCE_SECONDS)
    yield engine
    close.set()
    await life


async def _live(engine: LocalEngine, close: asyncio.Event) -> None:
    async with engine.running():
        await close.wait()


async def test_the_engine_answers_while_it_paints(engine: LocalEngine) -> None:
    parameters = GenerationParameters("a cat", num_inference_steps=100, num_images=4)
    painting = engine.generate(GenerationRequest(1, parameters, png(meadow()), png(ellipse())))
    assert isinstance(await anext(painting), Progress)
    photograph = next(photographs())
    found = await engine.find_region(png(photograph.picture), "subject")
    assert overlap(np.asarray(opened(found.mask_image)) > 0, photograph.mask) > 0.9
    picture, disc = disc_on_grass()
    at = await engine.find_region(png(picture), at=(0.5, 0.5))
    assert isinstance(at, RegionFound)
    assert overlap(np.asarray(opened(at.mask_image)) > 0, disc) > 0.9
    assert "Segment Anything could not be fetched" in at.note
    with pytest.raises(UnansweredError, match="I can't look for “zebra”, because"):
        await engine.find_region(png(picture), "the zebra")
    with pytest.raises(UnansweredError, match="can't read this picture"):
        await engine.find_region(b"no picture", "subject")
    assert isinstance(await anext(painting), Progress)  # it went on, and its end is not awaited
    await engine.cancel(1)
    assert not isinstance([event async for event in painting][-1], Finished)


async def test_a_network_is_fetched_once_and_only_what_it_needs(
    hub: Hub,
    clipseg: Path,
    tmp_path: Path,
) -> None:
    shutil.rmtree(hub.folder)
    shutil.copytree(clipseg, hub.folder)
    (hub.folder / "pytorch_model.bin").write_bytes(b"never fetched")
    program = (
        "from engine.regions.clipseg import ClipSeg; from PIL import Image; import sys;"
        "[ClipSeg(sys.argv[1], 'cpu').find(Image.new('RGB', (64, 48)), ['cat', 'old tree']) for _ in range(2)]"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, "studio/tiny-inpainting"),
        cwd=HERE,
        env={**os.environ, "HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "0"},
    )
    assert await process.wait() == 0
    assert hub.fetched.count("model.safetensors") == 1
    assert "pytorch_model.bin" not in hub.fetched


async def test_the_command_line_writes_a_mask(tmp_path: Path) -> None:
    meadow().save(tmp_path / "meadow.png")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "engine", "mask", str(tmp_path / "meadow.png"), "--region", "top and left"),
        *("-o", str(tmp_path / "mask.png"), "--model", "starter"),
    )
    assert await process.wait() == 0
    wanted = np.zeros((120, 160), bool)
    wanted[:60], wanted[:, :80] = True, True
    assert ((np.asarray(Image.open(tmp_path / "mask.png")) > 0) == wanted).all()
