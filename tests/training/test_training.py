"""What the trainings share, and that they can be stopped and taken up again."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from PIL import Image
from torch import nn
from transformers import CLIPTokenizer

from engine.api.messages import Finished, GenerationParameters, GenerationRequest
from engine.core import paint
from engine.models.loading import load_model
from tests.support.images import meadow, opened, png
from training import batches, unet, vae
from training.artwork import COLOURS, NOUNS, Artwork
from training.data import Shard, render_shard, shard_path, shards
from training.latents import encode, load_latents, touched_cells
from training.optimizers import Muon, Optimizers, learning_rate_share
from training.tokenizer import MAX_LENGTH, save_tokenizer, train_tokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> CLIPTokenizer:
    folder = tmp_path_factory.mktemp("tokenizer")
    save_tokenizer(train_tokenizer(), folder)
    merges = (folder / "merges.txt").read_text().splitlines()
    assert len(json.loads((folder / "vocab.json").read_text())) > 1000
    assert merges[0].startswith("#version")
    return CLIPTokenizer.from_pretrained(folder)


def test_every_word_of_the_world_is_one_token(tokenizer: CLIPTokenizer) -> None:
    for word in [*COLOURS, *(word for noun in NOUNS for word in (noun.name, *noun.synonyms))]:
        assert len(tokenizer.tokenize(word)) == len(word.split()), word


def test_any_text_can_be_written_and_is_padded(tokenizer: CLIPTokenizer) -> None:
    ids = tokenizer("A Zebra — 42 🦓", padding="max_length", truncation=True).input_ids
    assert len(ids) == MAX_LENGTH == tokenizer.model_max_length
    assert ids[0] == tokenizer.bos_token_id
    assert ids[-1] == tokenizer.pad_token_id == tokenizer.eos_token_id
    assert str(tokenizer.decode(ids, skip_special_tokens=True)).replace(" ", "") == "azebra—42🦓"


def test_muon_steps_are_orthogonal_whatever_the_gradient() -> None:
    weight = nn.Parameter(torch.zeros(16, 8, 3, 3))
    weight.grad = torch.randn(16, 8, 3, 3) * torch.logspace(-1, 1, 16)[:, None, None, None]
    Muon([weight], lr=1.0).step()
    singular = torch.linalg.svdvals(weight.detach().reshape(16, -1))
    assert singular.max() < 1.3
    assert singular.median() > 0.5


def test_the_learning_rate_follows_the_samples() -> None:
    shares = [learning_rate_share(samples, 1_000_000) for samples in (0, 10_000, 50_000, 500_000, 750_000, 1_000_000)]
    assert shares[0] < 0.01
    assert shares[1] == pytest.approx(0.5, abs=0.01)
    assert shares[2] == shares[3] == 1
    assert 0.4 < shares[4] < 0.6
    assert shares[5] == pytest.approx(0.02)


def test_every_parameter_belongs_to_one_optimiser() -> None:
    model = vae.create_vae(128)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    optimizers = Optimizers(model, muon_lr=0.02, adam_lr=1e-3)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizers.step(50_000, 1_000_000)
    assert all((old != new).any() for old, new in zip(before, model.parameters(), strict=True))
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_shard_is_read_as_it_was_rendered(artwork: Artwork, tmp_path: Path) -> None:
    rendered = render_shard(artwork, first_seed=3, count=5, size=36)
    rendered.save(shard_path(tmp_path, 0))
    [read] = shards(tmp_path)
    for name in ("images", "masks", "things"):
        assert (getattr(read, name) == getattr(rendered, name)).all()
    assert read.about == rendered.about
    again = render_shard(artwork, first_seed=4, count=1, size=36)
    assert (again.images[0] == rendered.images[1]).all()
    assert (again.masks[0] == rendered.masks[1]).all()


def test_the_vae_learns_goes_on_and_is_saved_for_diffusers(
    artwork: Artwork,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held_out = render_shard(artwork, 0, 4, 96)
    monkeypatch.setattr(vae, "fetch_artwork", lambda _folder: None)
    monkeypatch.setattr(vae, "Artwork", lambda _path: None)
    monkeypatch.setattr(vae, "render_shard", lambda *_: held_out)
    monkeypatch.setattr(vae, "BATCH", {"cpu": 2, "cuda": 2})
    monkeypatch.setattr(vae, "LEVELS", (8, 8, 16, 16))
    scenes, out = tmp_path / "scenes", tmp_path / "vae"
    scenes.mkdir()
    Shard(held_out.images, held_out.masks, held_out.things, held_out.about).save(shard_path(scenes, 0))
    for total in (8, 60):
        vae.train(scenes, out, minutes=5, total_samples=total)
        assert torch.load(out / "state.pt", weights_only=True)["samples"] == total
    saved = AutoencoderKL.from_pretrained(out)
    decibels, deviation = vae.psnr(saved, held_out, "cpu")
    assert decibels > vae.psnr(vae.create_vae(96), held_out, "cpu")[0]
    assert saved.config["scaling_factor"] == pytest.approx(1 / deviation, rel=1e-3)
    assert np.isfinite(decibels)

    vae.train(scenes, out, minutes=5, total_samples=8, decoder=True)
    later = AutoencoderKL.from_pretrained(out)
    assert later.config["scaling_factor"] == saved.config["scaling_factor"]
    before, after = saved.state_dict(), later.state_dict()
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"decoder", "post_quant_conv"}


def test_the_unet_learns_goes_on_and_is_loaded_by_the_engine(
    artwork: Artwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vae, "LEVELS", (8, 8, 8, 8))
    monkeypatch.setattr(unet, "LEVELS", (16, 32, 32))
    monkeypatch.setattr(unet, "HEADS", (2, 2, 2))
    monkeypatch.setattr(unet, "BATCH", {"cpu": 8, "cuda": 8})
    scenes, coder, words, latents, out = (tmp_path / name for name in ("scenes", "vae", "words", "latents", "unet"))
    scenes.mkdir()
    render_shard(artwork, 0, 12, 32).save(shard_path(scenes, 0))
    vae.create_vae(32).save_pretrained(coder)
    save_tokenizer(train_tokenizer(), words)
    encode(scenes, coder, words, latents)
    data = load_latents(latents)
    assert data["latents"].shape == (12, 4, 4, 4)
    assert data["masked_latents"].shape == (12, 4, 4, 4)

    for total in (16, 32):
        unet.train(latents, coder, words, out, minutes=5, total_samples=total)
        assert torch.load(out / "state.pt", weights_only=True)["samples"] == total
    unet.train(latents, coder, words, tmp_path / "again", minutes=0, start=out / "model")
    before, after = (
        UNet2DConditionModel.from_pretrained(folder / "model" / "unet").state_dict()
        for folder in (out, tmp_path / "again")
    )
    assert all(torch.equal(before[name], after[name]) for name in before)
    model = load_model(str(out / "model"), None, "cpu", "auto", lambda _loading: None)
    assert model.native_size == 32
    mask = Image.new("L", (48, 40))
    mask.paste(255, (10, 10, 30, 30))
    request = GenerationRequest(1, GenerationParameters("a cat", num_inference_steps=3), png(meadow(48, 40)), png(mask))
    finished = paint(model, request, lambda _progress: None)
    assert isinstance(finished, Finished)
    assert opened(finished.images[0].png).size == (48, 40)


def scenes_of(data: dict[str, torch.Tensor]) -> batches.Scenes:
    empty = (torch.ones(4, 2, 2), torch.full((MAX_LENGTH,), 1))
    return batches.Scenes(data, empty, "cpu")


def some_latents() -> dict[str, torch.Tensor]:
    """Return nine tiny scenes, three of them of one thing; their latents say of how many."""
    data = {
        "latents": torch.zeros(9, 4, 2, 2).half(),
        "masked_latents": torch.zeros(9, 4, 2, 2).half(),
        "masks": torch.tensor([[True, False], [False, False]]).expand(9, 2, 2),
        "covered": torch.tensor([[[64, 0], [9, 0]], [[0, 0], [0, 0]], [[0, 0], [0, 0]]]).expand(9, 3, 2, 2),
        "ids": torch.full((9, MAX_LENGTH), 7),
        "inside_ids": torch.full((9, MAX_LENGTH), 8),
        "named": torch.tensor([[[5, 1], [0, 0], [0, 0]]] * 3 + [[[5, 1], [6, 0], [0, 0]]] * 6),
    }
    data["latents"] += (data["named"][:, :, 0] > 0).sum(1)[:, None, None, None]
    return data


def test_timesteps_are_drawn_from_everywhere_and_mostly_from_the_middle() -> None:
    drawn = scenes_of(some_latents()).timesteps(20_000, 1_000)
    assert (drawn.min(), drawn.max()) == (0, 999)
    middle = ((drawn >= 400) & (drawn < 800)).float().mean()
    assert 0.45 < middle < 0.55
    assert ((drawn < 100).float().mean() > 0.04) & ((drawn >= 900).float().mean() > 0.04)


def test_a_cell_is_masked_where_the_mask_touches_it() -> None:
    mask = torch.zeros(16, 24, dtype=torch.bool)
    mask[3, 9] = mask[15, 23] = True
    assert touched_cells(mask).tolist() == [[False, True, False], [False, False, True]]


def test_names_are_learned_where_things_are() -> None:
    """A head that is right everywhere has no loss; one that mixes up nouns or places has much."""
    covered, named = torch.zeros(1, 3, 4, 4), torch.tensor([[[5, 2], [7, 0], [0, 0]]])
    covered[0, 0, :, :2] = 1
    covered[0, 1, :2, 2:] = 1
    batch = batches.Batch(*[torch.zeros(1)] * 5, covered=covered, named=named)

    def loss(left: tuple[int, int], right: tuple[int, int]) -> float:
        logits = torch.zeros(1, sum(unet.KINDS), 2, 2)
        for cell, (noun, colour) in {(0, 0): left, (1, 0): left, (0, 1): right, (1, 1): (0, 0)}.items():
            logits[0, noun, cell[0], cell[1]] = 50
            logits[0, unet.KINDS[0] + colour, cell[0], cell[1]] = 50
        return unet.names_loss(logits, batch).item()

    assert loss((5, 2), (7, 0)) == pytest.approx(0, abs=1e-4)
    assert loss((7, 0), (5, 2)) > 10
    assert loss((5, 3), (7, 0)) > 10


def test_some_batches_have_no_caption_and_some_no_picture() -> None:
    batch = scenes_of(some_latents()).draw(4_000, 0.5)
    whole = batch.mask.flatten(1).amin(1) == 1
    assert whole.float().mean() == pytest.approx(batches.WITHOUT_PICTURE, abs=0.03)
    assert (batch.masked_latents[whole] == 1).all()
    assert (batch.masked_latents[~whole] == 0).all()
    assert (batch.ids[:, 0] == 1).float().mean() == pytest.approx(batches.WITHOUT_CAPTION, abs=0.03)
    assert (batch.ids[whole, 0] != 8).all()
    asked = batch.ids[~whole, 0]
    assert (asked[asked != 1] == 8).float().mean() == pytest.approx(batches.ABOUT_THE_MASK, abs=0.04)
    assert (batch.latents[:, 0, 0, 0] == 1).float().mean() == pytest.approx(0.5 + 0.5 * 3 / 9, abs=0.03)
    in_part = batch.weight[~whole][0, 0]
    # Of the four cells one is masked, and the things stand in the left two.
    assert in_part.flatten().tolist() == pytest.approx(
        [batches.THING, batches.OUTSIDE, batches.OUTSIDE, batches.OUTSIDE]
    )
