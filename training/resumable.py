"""Training in slices: each goes on where the last one stopped."""

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import typer
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from training.optimizers import Optimizers

SAVE_SECONDS = 60
EMA = 0.999


class Average:
    """An exponential moving average of a model's parameters."""

    def __init__(self, model: nn.Module) -> None:
        self.values = {name: value.detach().clone() for name, value in model.named_parameters()}
        self._updates = 0

    def update(self, model: nn.Module) -> None:
        """Move towards the model's parameters, faster in the beginning."""
        self._updates += 1
        keep = min(EMA, self._updates / (self._updates + 10))
        get_ema_multi_avg_fn(keep)(list(self.values.values()), list(model.parameters()), None)

    def copy_to(self, model: nn.Module) -> None:
        """Give a model of the same shape the averaged parameters."""
        model.load_state_dict({**model.state_dict(), **self.values})

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` takes."""
        return {"values": self.values, "updates": self._updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved average."""
        self.values, self._updates = state["values"], state["updates"]


class Training:
    """A model with all that has to be kept between slices, in one state file."""

    def __init__(self, path: Path, model: nn.Module, optimizers: Optimizers, device: str) -> None:
        self.samples = 0
        self.average = Average(model)
        self._path = path
        self._model = model
        self._optimizers = optimizers
        self._parts: dict[str, Any] = {"model": model, "optimizers": optimizers, "average": self.average}
        if path.exists():
            state = torch.load(path, map_location=device, weights_only=True)
            for name, part in self._parts.items():
                part.load_state_dict(state[name])
            self.samples = state["samples"]

    def run(self, step: Callable[[], tuple[torch.Tensor, int]], *, minutes: float, total_samples: int) -> None:
        """Train for so long, or to the end; `step` returns the loss of a batch and the batch's size."""
        started = saved = time.monotonic()
        losses: deque[torch.Tensor] = deque(maxlen=100)
        while time.monotonic() - started < 60 * minutes and self.samples < total_samples:
            loss, count = step()
            loss.backward()
            nn.utils.clip_grad_norm_(self._model.parameters(), 1.0)
            self._optimizers.step(self.samples, total_samples)
            self.average.update(self._model)
            self.samples += count
            losses.append(loss.detach())
            if time.monotonic() - saved > SAVE_SECONDS:
                saved = time.monotonic()
                self.save()
                shown = torch.stack([*losses]).mean().item()
                typer.echo(f"{self.samples} samples, loss {shown:.4f}, {saved - started:.0f} s")
        self.save()

    def save(self) -> None:
        """Write the state, whole or not at all."""
        new = self._path.with_suffix(".new")
        parts = {name: part.state_dict() for name, part in self._parts.items()}
        torch.save({**parts, "samples": self.samples}, new)
        new.replace(self._path)
