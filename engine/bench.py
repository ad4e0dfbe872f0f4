"""The engine against diffusers' pipeline, first come first served, on the same machine and weights, in one run.

Everything is said as a ratio to the pipeline, because seconds differ from machine to machine.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from PIL import Image

from engine.api.messages import Cancel, Finished, GenerationParameters, GenerationRequest
from engine.core import Batcher
from engine.images import write_png
from engine.models.loading import Model
from engine.models.shelf import ModelCache
from engine.runner import SHAPES, Runner
from engine.slots import DenoisingState

PROMPT = "a cat in a green meadow"
WAITING = 16
STEPS = 20
MIXED_STEPS = (4, 8, 16, 32)
LOADS = (0.5, 0.9)
ARRIVALS = 40
REPEATS = 3


class _TimedRunner(Runner):
    """Keeps the seconds of every call of the UNet."""

    def __init__(self, unet: Any, device: str) -> None:
        super().__init__(unet, device)
        self.spent: list[float] = []

    def predict(self, slots: Sequence[DenoisingState]) -> list[torch.Tensor]:
        """See `Runner.predict`."""
        started = time.perf_counter()
        outputs = super().predict(slots)
        self.spent.append(time.perf_counter() - started)
        return outputs


@dataclass(frozen=True, slots=True)
class Bench:
    """A loaded model with the request that is timed."""

    model: Model

    def request(self, number: int, steps: int) -> GenerationRequest:
        """Return a request for a whole picture, of a member of its own."""
        size = (self.model.native_size, self.model.native_size)
        return GenerationRequest(
            number,
            GenerationParameters(PROMPT, num_inference_steps=steps, seed=number),
            write_png(Image.new("RGB", size, "skyblue")),
            write_png(Image.new("L", size, 255)),
            member=number,
        )

    def pipeline_seconds(self, steps: int) -> float:
        """Return the median seconds that diffusers' pipeline takes for one picture."""
        pipeline = self.model.pipeline
        size = (self.model.native_size, self.model.native_size)
        times = []
        for _ in range(REPEATS + 1):
            started = time.perf_counter()
            pipeline(
                PROMPT,
                image=Image.new("RGB", size, "skyblue"),
                mask_image=Image.new("L", size, 255),
                width=size[0],
                height=size[1],
                num_inference_steps=steps,
                generator=torch.Generator().manual_seed(0),
            )
            times.append(time.perf_counter() - started)
        return float(np.median(times[1:]))

    def run(self, say: Callable[[str], None]) -> dict[str, Any]:
        """Return all figures: ratios to the pipeline, except where the name says otherwise."""
        self.model.pipeline.set_progress_bar_config(disable=True)
        figures: dict[str, Any] = {}
        say("steps by rows")
        seconds = self.model.runner.measure(self.model.words.window)
        figures["rows_per_second_ratio"] = {str(n): n / each * seconds[1] for n, each in seconds.items()}
        figures["max_rows"] = self.model.runner.max_rows
        say("the pipeline")
        service = {steps: self.pipeline_seconds(steps) for steps in {*MIXED_STEPS, STEPS}}
        say(f"{WAITING} waiting")
        took, outside = self.throughput()
        figures[f"throughput_ratio_{WAITING}"] = WAITING * service[STEPS] / took
        figures["outside_unet_share"] = outside
        for load in LOADS:
            say(f"arrivals at {load} of the pipeline's load")
            figures |= self.latency(load, service)
        figures["rows_after_cancel"] = self.rows_after_cancel()
        return figures

    def core(self, emit: Callable[[Any], None]) -> tuple[Batcher, list[float]]:
        """Return an engine, and a list that gets the seconds of every call of its UNet."""
        runner = _TimedRunner(self.model.pipeline.unet, self.model.device.type)
        runner.max_rows = self.model.runner.max_rows
        return Batcher(ModelCache(replace(self.model, runner=runner)), emit), runner.spent

    def throughput(self) -> tuple[float, float]:
        """Return the seconds for all waiting requests, and the share of them that is not the UNet's."""
        runs = []
        for _ in range(REPEATS):
            core, spent = self.core(lambda _event: None)
            for number in range(WAITING):
                core.take(self.request(number, STEPS))
            started = time.perf_counter()
            while core.step():
                pass
            took = time.perf_counter() - started
            runs.append((took, 1 - sum(spent) / took))
        return sorted(runs)[REPEATS // 2]

    def latency(self, load: float, service: dict[int, float]) -> dict[str, float]:
        """Return mean and 95th percentile of the latency under Poisson arrivals, and the waiting of short jobs.

        The arrivals are the same for both. The pipeline's queue is reckoned from its measured times, the engine runs.
        """
        rng = random.Random(0)
        mean = float(np.mean([service[steps] for steps in MIXED_STEPS]))
        steps = [rng.choice(MIXED_STEPS) for _ in range(ARRIVALS)]
        arrivals = np.cumsum([rng.expovariate(load / mean) for _ in range(ARRIVALS)])
        free, theirs = 0.0, []
        for arrival, count in zip(arrivals, steps, strict=True):
            free = max(free, float(arrival)) + service[count]
            theirs.append(free - arrival)
        ours = self.latencies(arrivals, steps)
        short = [number for number, count in enumerate(steps) if count == min(MIXED_STEPS)]
        return {
            f"mean_latency_ratio_{load}": float(np.mean(ours) / np.mean(theirs)),
            f"p95_latency_ratio_{load}": float(np.quantile(ours, 0.95) / np.quantile(theirs, 0.95)),
            f"short_job_wait_in_services_{load}": float(
                (np.mean([ours[number] for number in short]) - service[min(MIXED_STEPS)]) / mean
            ),
        }

    def latencies(self, arrivals: np.ndarray, steps: list[int]) -> list[float]:
        """Run the engine with requests that come at these seconds; return how long each took to its end."""
        ended: dict[int, float] = {}
        started = time.perf_counter()

        def note(event: Any) -> None:
            if isinstance(event, Finished):
                ended[event.id] = time.perf_counter() - started

        core, _ = self.core(note)
        number, busy = 0, False
        while number < len(arrivals) or busy:
            now = time.perf_counter() - started
            if not busy and number < len(arrivals) and arrivals[number] > now:
                time.sleep(arrivals[number] - now)
                continue
            while number < len(arrivals) and arrivals[number] <= now:
                core.take(self.request(number, steps[number]))
                number += 1
            busy = core.step()
        return [ended[number] - arrival for number, arrival in enumerate(arrivals)]

    def rows_after_cancel(self) -> int:
        """Return how many rows the UNet still computes for a request that was cancelled at its third step."""
        core, spent = self.core(lambda _event: None)
        core.take(self.request(0, STEPS))
        while len(spent) < REPEATS:
            core.step()
        core.take(Cancel(0))
        while core.step():
            pass
        return 2 * (len(spent) - REPEATS)


def plot(figures: dict[str, Any], path: str) -> None:
    """Draw throughput over rows and latency over load."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    ratios = figures["rows_per_second_ratio"]
    left.plot([int(rows) for rows in ratios], list(ratios.values()), marker="o")
    left.set(xscale="log", xticks=SHAPES, xticklabels=SHAPES, xlabel="rows in a batch", ylabel="throughput / one row")
    for name in ("mean", "p95"):
        right.plot(LOADS, [figures[f"{name}_latency_ratio_{load}"] for load in LOADS], marker="o", label=name)
    right.axhline(1, color="grey", linestyle=":")
    right.set(xlabel="load of the pipeline", ylabel="latency / pipeline's", ylim=(0, None))
    right.legend()
    figure.savefig(path)
