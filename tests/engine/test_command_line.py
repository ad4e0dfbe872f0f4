"""`python -m engine`, as a person calls it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from engine import bench_gpu
from engine.__main__ import app
from engine.bench import Bench
from engine.models.loading import Model, load_model
from tests.support.images import NATIVE, ellipse, meadow

FAST = ["--steps", "3", "--model", "starter"]


def call(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_a_picture_from_words(tmp_path: Path) -> None:
    output = call("imagine", "-p", "a cat", "-o", tmp_path / "cat.png", "--count", 2, "--width", 160, *FAST)
    pictures = [Image.open(tmp_path / f"cat-{number}.png") for number in (1, 2)]
    assert [picture.size for picture in pictures] == [(160, NATIVE)] * 2
    assert "Painting" in output
    assert "seed 1" in output


def test_a_part_is_repainted(tmp_path: Path) -> None:
    meadow().save(tmp_path / "in.png")
    ellipse().save(tmp_path / "mask.png")
    call(
        "inpaint",
        tmp_path / "in.png",
        "--mask",
        tmp_path / "mask.png",
        "-p",
        "a cat",
        "-o",
        tmp_path / "out.png",
        *FAST,
    )
    changed = (
        np.abs(np.asarray(Image.open(tmp_path / "out.png")).astype(int) - np.asarray(meadow()).astype(int)).max(2) > 0
    )
    assert changed.any()
    assert not changed[np.asarray(ellipse()) == 0].any()


def test_a_picture_grows(tmp_path: Path) -> None:
    meadow().save(tmp_path / "in.png")
    call("inpaint", tmp_path / "in.png", "-p", "a cat", "-o", tmp_path / "out.png", "--margins", 0, 0, 40, 0, *FAST)
    assert Image.open(tmp_path / "out.png").size == (200, 120)


def test_a_refusal_is_one_sentence(tmp_path: Path) -> None:
    output = call("imagine", "-p", "a cat", "-o", tmp_path / "cat.png", "--scheduler", "dream", *FAST, code=1)
    assert "I know no scheduler “dream”" in output
    assert not (tmp_path / "cat.png").exists()


def test_the_bench_has_its_figures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not how fast it is, which differs from machine to machine, but that everything is measured."""
    for name, few in {"WAITING": 3, "STEPS": 2, "MIXED_STEPS": (1, 2), "ARRIVALS": 4, "REPEATS": 1}.items():
        monkeypatch.setattr(f"engine.bench.{name}", few)
    output = call("bench", "--model", "starter", "--side", 128, "--plot", tmp_path / "plot.png")
    for name in ("throughput_ratio_3", "mean_latency_ratio_0.9", "p95_latency_ratio_0.9", "outside_unet_share"):
        assert name in output
    assert Image.open(tmp_path / "plot.png").size[0] > 500


def test_a_cancelled_request_costs_no_more_rows() -> None:
    model = load_model("starter", None, "cpu", "fp32", lambda _loading: None)
    assert isinstance(model, Model)
    assert Bench(model).rows_after_cancel() == 0


def test_the_bench_for_a_graphics_card_runs_small() -> None:
    small: Any = bench_gpu.create_unet(
        block_out_channels=(16, 32),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        norm_num_groups=8,
        attention_head_dim=4,
        cross_attention_dim=32,
    )
    lines = bench_gpu.measure(small, "cpu", lambda _line: None, sides=(64,), rows=(2, 4), ways=("eager",))
    assert [(line["side"], line["rows"]) for line in lines] == [(64, 2), (64, 4)]
    assert all(line["milliseconds"] > 0 for line in lines)


def test_without_a_graphics_card_its_bench_says_so() -> None:
    assert "torch sees none" in call("bench", "--gpu", code=1)
