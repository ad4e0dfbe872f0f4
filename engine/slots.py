"""One picture on its way from noise, with all the state that denoising it needs."""

from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg

from engine.models.loras import Lora
from engine.previews import predict_original
from engine.schedulers import takes_generator


@dataclass(frozen=True, slots=True)
class Guidance:
    """How the rows of one picture become one prediction (Ho and Salimans 2022).

    `weights` has a row for every part of the prompt, and broadcasts to the latents: (parts, 1, 1, 1) for weighted
    prompts (Liu et al. 2022, "Compositional Visual Generation", equation 11), (parts, 1, h, w) for parts that each
    have a region; None for a plain prompt. `rescale` as in Lin et al. 2023, section 3.4.
    """

    scale: float
    rescale: float = 0.0
    weights: torch.Tensor | None = None

    @property
    def is_free(self) -> bool:
        """Whether an unconditional row takes part; at a scale of 1 or less it would change nothing."""
        return self.scale > 1

    def combine(self, output: torch.Tensor) -> torch.Tensor:
        """Return one prediction (1, c, h, w) from the model's output for the rows, the unconditional one first."""
        unconditional, conditional = (output[:1], output[1:]) if self.is_free else (None, output)
        if self.weights is not None:
            conditional = (conditional * self.weights).sum(dim=0, keepdim=True)
        if unconditional is None:
            return conditional
        guided = unconditional + self.scale * (conditional - unconditional)
        return rescale_noise_cfg(guided, conditional, self.rescale) if self.rescale else guided


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a model for text to image keeps outside the mask: the picture's latents, and the noise they had."""

    mask: torch.Tensor
    image_latents: torch.Tensor
    noise: torch.Tensor


@dataclass(slots=True)
class DenoisingState:
    """The state of one picture between steps.

    `embeddings` (rows, tokens, width) has the unconditional row first where there is one; `conditioning`
    (1, channels, h, w) is what the UNet sees beside the latents: mask and masked latents. `added` has other conditions
    by name, SDXL's sizes or a style, each (rows, …). `timesteps` lie on the CPU.
    """

    latents: torch.Tensor
    embeddings: torch.Tensor
    guidance: Guidance
    scheduler: Any
    timesteps: torch.Tensor
    generator: torch.Generator
    conditioning: torch.Tensor | None = None
    surroundings: Surroundings | None = None
    added: dict[str, torch.Tensor] = field(default_factory=dict)
    loras: tuple[Lora, ...] = ()
    style_scale: float | None = None
    tile: bool = False
    index: int = 0
    _seen: tuple[torch.Tensor, torch.Tensor, float] | None = field(default=None, init=False, repr=False)

    @property
    def rows(self) -> int:
        """How many rows of a batch it takes."""
        return len(self.embeddings)

    @property
    def steps_left(self) -> int:
        """How many steps are still to be done."""
        return len(self.timesteps) - self.index

    @property
    def timestep(self) -> torch.Tensor:
        """The time of the next step."""
        return self.timesteps[self.index]

    def inputs(self) -> torch.Tensor:
        """Return what the UNet sees at this step, (rows, channels, h, w)."""
        latents = self.scheduler.scale_model_input(torch.cat([self.latents] * self.rows), self.timestep)
        if self.conditioning is None:
            return latents
        return torch.cat([latents, self.conditioning.expand(self.rows, -1, -1, -1)], dim=1)

    def advance(self, output: torch.Tensor) -> None:
        """Do one step with the UNet's output for the slot's rows."""
        timestep = self.timestep
        prediction = self.guidance.combine(output)
        self._seen = (prediction, self.latents, float(timestep))
        options = {"generator": self.generator} if takes_generator(self.scheduler) else {}
        latents = self.scheduler.step(prediction, timestep, self.latents, **options, return_dict=False)[0]
        self.index += 1
        if self.surroundings is not None:
            latents = self._with_surroundings(latents, self.surroundings)
        self.latents = latents

    def original(self) -> torch.Tensor:
        """Return the latents (c, h, w) that the last step expects at the end; there must have been one."""
        assert self._seen is not None  # noqa: S101
        prediction, sample, timestep = self._seen
        return predict_original(prediction[0], sample[0], timestep, self.scheduler)

    def _with_surroundings(self, latents: torch.Tensor, around: Surroundings) -> torch.Tensor:
        kept = around.image_latents
        if self.steps_left:
            kept = self.scheduler.add_noise(kept, around.noise, self.timestep[None])
        return (1 - around.mask) * kept + around.mask * latents
