"""What the trainings share, and that they can be stopped and taken up again."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from torch import nn
from transformers import CLIPTokenizer

from training import vae
from training.artwork import COLOURS, NOUNS
from training.data import Shard, render_shard, shard_path, shards
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
    shares = [learning_rate_share(samples, 1_000_000) for samples in (0, 10_000, 50_000, 500_000, 1_000_000)]
    assert shares[0] < 0.01
    assert shares[2] > 0.95
    assert shares[2] > shares[3] > shares[4]
    assert shares[4] == pytest.approx(0.02)


def test_every_parameter_belongs_to_one_optimiser() -> None:
    model = vae.create_vae(128)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    optimizers = Optimizers(model, muon_lr=0.02, adam_lr=1e-3)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizers.step(50_000, 1_000_000)
    assert all((old != new).any() for old, new in zip(before, model.parameters(), strict=True))
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.usefixtures("artwork")
def test_a_shard_is_read_as_it_was_rendered(artwork, tmp_path: Path) -> None:
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
    artwork,
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
