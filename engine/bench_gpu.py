"""The UNet of Stable Diffusion 1.5 for inpainting on one graphics card, with random weights: how near to its limits.

`python -m engine bench --gpu` times one step by side, by rows and by way of running it, against two limits: the
arithmetic that the step needs at the card's rated speed, and at the speed of large matrix products measured here.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from diffusers import UNet2DConditionModel

SIDES = (512, 768, 1024)
ROWS = (2, 8, 16, 32)
WAYS = ("eager", "compiled", "graphs")
STEPS = 50
# Of one row by the side of its picture, counted with PyTorch's FlopCounterMode.
GFLOP = {512: 803, 768: 2_148, 1024: 4_674}
# The rated dense bf16 speed of an H100 or H200 (SXM), as matrix products reach it.
RATED_TFLOPS = 790
TOKENS = 77
REPEATS = 5


def create_unet(**smaller: Any) -> Any:
    """Return the UNet at its full size, or with some parts smaller."""
    build: Any = UNet2DConditionModel
    return build(**{"sample_size": 64, "in_channels": 9, "cross_attention_dim": 768, **smaller})


def measure(
    unet: Any,
    device: str,
    say: Callable[[str], None],
    sides: tuple[int, ...] = SIDES,
    rows: tuple[int, ...] = ROWS,
    ways: tuple[str, ...] = WAYS,
) -> list[dict[str, Any]]:
    """Return a line for each side, number of rows and way: seconds a step, pictures a second, shares of the limits."""
    dtype = torch.bfloat16
    unet = unet.to(device, dtype, memory_format=torch.channels_last).eval()
    products = matrix_tflops(device, dtype)
    say(f"matrix products: {products:.0f} TFLOP/s")
    lines = []
    for way in ways:
        run = _prepared(unet, way)
        for side in sides:
            for count in rows:
                seconds = step_seconds(run, unet.config, device, dtype, side, count)
                tflops = count * GFLOP.get(side, 0) / seconds / 1_000
                line = {
                    "way": way,
                    "side": side,
                    "rows": count,
                    "milliseconds": round(1_000 * seconds, 2),
                    # With guidance a picture takes two rows.
                    "pictures_a_second": round(count / 2 / (STEPS * seconds), 3),
                    "share_of_rated": round(tflops / RATED_TFLOPS, 3),
                    "share_of_products": round(tflops / products, 3),
                }
                say(str(line))
                lines.append(line)
    return lines


def _prepared(unet: Any, way: str) -> Any:
    match way:
        case "compiled":
            return torch.compile(unet, mode="max-autotune-no-cudagraphs", fullgraph=True)
        case "graphs":
            return torch.compile(unet, mode="max-autotune", fullgraph=True)
        case _:
            return unet


@torch.inference_mode()
def step_seconds(run: Any, config: Any, device: str, dtype: torch.dtype, side: int, rows: int) -> float:
    """Return the median seconds of one call for so many rows, after two to warm up."""
    latents = torch.randn(rows, config.in_channels, side // 8, side // 8, device=device, dtype=dtype)
    latents = latents.to(memory_format=torch.channels_last)
    words = torch.randn(rows, TOKENS, config.cross_attention_dim, device=device, dtype=dtype)
    timesteps = torch.full((rows,), 500, device=device)
    return _median(lambda: run(latents, timesteps, words, return_dict=False), device)


@torch.inference_mode()
def matrix_tflops(device: str, dtype: torch.dtype, size: int = 8_192) -> float:
    """Return the speed of large matrix products in TFLOP/s."""
    size = size if device == "cuda" else 512
    one, other = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    return 2 * size**3 / _median(lambda: one @ other, device) / 1e12


def _median(work: Callable[[], Any], device: str) -> float:
    times = []
    for _ in range(REPEATS + 2):
        _wait(device)
        started = time.perf_counter()
        work()
        _wait(device)
        times.append(time.perf_counter() - started)
    return statistics.median(times[2:])


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
