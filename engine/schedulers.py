"""Schedulers by name, and hybrids of two, each created anew from the model's own configuration."""

import inspect
import re
from bisect import bisect_right
from typing import Any

import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LCMScheduler,
    PNDMScheduler,
    UniPCMultistepScheduler,
)

from engine.refusal import RefusedError


class VelocityPNDMScheduler(PNDMScheduler):
    """PNDM for models that predict the velocity; for others it is diffusers' own.

    Its formula adds up what was predicted at several times (Liu et al. 2022, "Pseudo Numerical Methods for Diffusion
    Models on Manifolds", equation 12). That suits noise, which hardly changes on the way, and not the velocity, which
    turns with time, though diffusers adds it up. Of the paper's two orders this is the second, S-PNDM: with guidance
    the fourth drew wild colours in 20 and 30 steps.
    """

    def step_plms(
        self, model_output: torch.Tensor, timestep: int, sample: torch.Tensor, return_dict: bool = True
    ) -> Any:
        """Take one step; see diffusers."""
        if self._predicts_velocity():
            signal, noise = self._shares(timestep)
            model_output = signal * model_output + noise * sample
            # With one prediction to look back on, diffusers takes the formula of the second order.
            self.ets = self.ets[-1:]
        return super().step_plms(model_output, timestep, sample, return_dict)

    def _get_prev_sample(
        self, sample: torch.Tensor, timestep: int, prev_timestep: int, model_output: torch.Tensor
    ) -> torch.Tensor:
        if self._predicts_velocity():
            # diffusers makes noise of it again.
            signal, noise = self._shares(timestep)
            model_output = (model_output - noise * sample) / signal
        return super()._get_prev_sample(sample, timestep, prev_timestep, model_output)

    def _predicts_velocity(self) -> bool:
        return self.config["prediction_type"] == "v_prediction"

    def _shares(self, timestep: int) -> tuple[torch.Tensor, torch.Tensor]:
        alpha = self.alphas_cumprod[timestep]
        return alpha**0.5, (1 - alpha) ** 0.5


SCHEDULERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "ddim": (DDIMScheduler, {"clip_sample": False}),
    "ddpm": (DDPMScheduler, {"clip_sample": False}),
    "pndm": (VelocityPNDMScheduler, {"skip_prk_steps": True}),
    "euler": (EulerDiscreteScheduler, {}),
    "euler_a": (EulerAncestralDiscreteScheduler, {}),
    "dpm++_2m": (DPMSolverMultistepScheduler, {"use_karras_sigmas": False}),
    "dpm++_2m_karras": (DPMSolverMultistepScheduler, {"use_karras_sigmas": True}),
    "unipc": (UniPCMultistepScheduler, {}),
    "lcm": (LCMScheduler, {}),
}


def create_scheduler(name: str, model_scheduler: Any, num_inference_steps: int) -> Any:
    """Return a scheduler of its own for one request, its timesteps set.

    `name` is one of `SCHEDULERS`, `default` for the model's own kind, or a hybrid such as `ddim:30+ddpm:20`, whose
    steps are its own. Always built from the configuration of the scheduler that the model came with, never from
    another request's: settings such as Karras sigmas leak through a chain of `from_config`, and the state of a shared
    scheduler breaks both requests. Raises RefusedError for a name that means nothing or a pair that can't be joined.
    """
    if ":" in name:
        return _join(name, model_scheduler)
    scheduler = _create(name, model_scheduler)
    _set_timesteps(scheduler, name, num_inference_steps)
    return scheduler


def _create(name: str, model_scheduler: Any) -> Any:
    if name != "default" and name not in SCHEDULERS:
        raise RefusedError(f"I know no scheduler “{name[:30]}”; choose one of: {', '.join(SCHEDULERS)}.")
    kind, settings = SCHEDULERS.get(name, (type(model_scheduler), {}))
    return kind.from_config(model_scheduler.config, **settings)


def _set_timesteps(scheduler: Any, name: str, steps: int) -> None:
    try:
        scheduler.set_timesteps(steps)
    except ValueError as error:
        # LCM, say, was distilled for 50 steps and has no more.
        raise RefusedError(f"The scheduler {name} can't take {steps} steps; ask for fewer.") from error


def _join(name: str, model_scheduler: Any) -> "HybridScheduler":
    parts: list[tuple[Any, int]] = []
    names = []
    for part in re.split(r"(?<=\d)\+", name):
        kind, _, steps = part.strip().partition(":")
        if not steps.isdecimal() or int(steps) < 1:
            raise RefusedError(f"“{name[:60]}” is no pair of schedulers; write their steps too, as in ddim:30+ddpm:20.")
        names.append(kind)
        parts.append((_create(kind, model_scheduler), int(steps)))
    total = sum(steps for _, steps in parts)
    for (scheduler, _), kind in zip(parts, names, strict=True):
        _set_timesteps(scheduler, kind, total)
    (first, _), *others = parts
    for (scheduler, _), kind in zip(others, names[1:], strict=True):
        if float(first.init_noise_sigma) != float(scheduler.init_noise_sigma):
            raise RefusedError(
                f"{names[0]} and {kind} can't be joined: one counts noise in sigmas and the other does not."
            )
        if len(first.timesteps) != len(scheduler.timesteps) or not torch.equal(
            first.timesteps.float(), scheduler.timesteps.float()
        ):
            raise RefusedError(f"{names[0]} and {kind} can't be joined: they step at different times.")
    return HybridScheduler(parts)


class HybridScheduler:
    """Several schedulers one after another on one grid of timesteps, as one scheduler.

    They must agree in their timesteps and in how noise is scaled; one with a memory begins its part without one.
    """

    order = 1

    def __init__(self, parts: list[tuple[Any, int]]) -> None:
        """Take the schedulers with the steps that each does, their timesteps set to the whole grid."""
        self._schedulers = [scheduler for scheduler, _ in parts]
        ends = [sum(steps for _, steps in parts[: n + 1]) for n in range(len(parts))]
        self._starts = ends[:-1]
        self._index = 0
        for scheduler, start in zip(self._schedulers[1:], self._starts, strict=True):
            _begin_at(scheduler, start)
        first = self._schedulers[0]
        self.timesteps: torch.Tensor = first.timesteps
        self.init_noise_sigma: Any = first.init_noise_sigma
        self.alphas_cumprod: torch.Tensor = first.alphas_cumprod
        self.config: Any = first.config

    def set_begin_index(self, begin_index: int) -> None:
        """Begin later, as at a strength below 1."""
        self._index = begin_index
        _begin_at(self._current(), begin_index)

    def scale_model_input(self, sample: torch.Tensor, timestep: Any) -> torch.Tensor:
        """Scale as the current scheduler does."""
        return self._current().scale_model_input(sample, timestep)

    def add_noise(self, original: torch.Tensor, noise: torch.Tensor, timesteps: torch.Tensor) -> torch.Tensor:
        """Add noise as the current scheduler does, which knows the step."""
        return self._current().add_noise(original, noise, timesteps)

    def step(
        self,
        model_output: torch.Tensor,
        timestep: Any,
        sample: torch.Tensor,
        generator: torch.Generator | None = None,
        return_dict: bool = False,
    ) -> tuple[torch.Tensor]:
        """Take one step with the scheduler whose turn it is."""
        scheduler = self._current()
        self._index += 1
        options = {"generator": generator} if takes_generator(scheduler) else {}
        return scheduler.step(model_output, timestep, sample, **options, return_dict=return_dict)

    def _current(self) -> Any:
        return self._schedulers[bisect_right(self._starts, self._index)]


def takes_generator(scheduler: Any) -> bool:
    """Return whether the scheduler's step takes a generator, for the noise that it draws."""
    return "generator" in inspect.signature(scheduler.step).parameters


def _begin_at(scheduler: Any, index: int) -> None:
    """Let a scheduler begin at this step, where it counts steps at all: DDIM and DDPM don't."""
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(index)
