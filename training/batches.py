"""What a step of the UNet's training learns from: batches drawn from cached latents, on the device that trains."""

from dataclasses import dataclass

import torch

from engine.images import LATENT_CELL

WITHOUT_CAPTION = 0.1
WITHOUT_PICTURE = 0.4
ABOUT_THE_MASK = 0.5
OUTSIDE, INSIDE, THING = 0.3, 1.0, 3.0
# How far the middle of the timesteps lies towards noise, in logits.
LATER = 0.4


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step learns from; `weight` is how much each latent cell counts, shape (n, 1, h, w).

    `covered` is the part of each cell that each thing covers, (n, 3, h, w); `named` their nouns and colours, (n, 3, 2).
    """

    latents: torch.Tensor
    mask: torch.Tensor
    masked_latents: torch.Tensor
    ids: torch.Tensor
    weight: torch.Tensor
    covered: torch.Tensor
    named: torch.Tensor


class Scenes:
    """All cached scenes, kept where the model is, so that a GPU waits for nothing.

    `data` is what `load_latents` returns; `empty` holds the latents of a picture that is masked throughout, and the ids
    of no caption.
    """

    def __init__(self, data: dict[str, torch.Tensor], empty: tuple[torch.Tensor, torch.Tensor], device: str) -> None:
        self._data = {name: values.to(device) for name, values in data.items()}
        self._empty = tuple(part.to(device) for part in empty)
        self._simple = (self._data["named"][:, 1, 0] == 0).nonzero()[:, 0]
        self._generator = torch.Generator(device)
        self._device = device

    def seed(self, seed: int) -> None:
        """Draw from here on what belongs to this number."""
        self._generator.manual_seed(seed)

    def draw(self, count: int, simple: float) -> Batch:
        """Draw scenes with their masks; the share `simple` of them of one thing at most.

        Some lose their whole picture, for text to image; of the others, half have a caption that tells only of what is
        masked; some lose their caption, for guidance.
        """
        drawn = self._numbers(len(self._data["ids"]), count)
        index = torch.where(self._chance(count, simple), self._simple[self._numbers(len(self._simple), count)], drawn)
        picked = {name: values[index] for name, values in self._data.items()}
        mask = picked["masks"][:, None].float()
        everything = self._chance(count, WITHOUT_PICTURE) | (mask.flatten(1).amin(1) > 0)
        mask = torch.where(_over(everything, 4), 1.0, mask)
        masked_latents = torch.where(_over(everything, 4), self._empty[0], picked["masked_latents"].float())
        about_the_mask = ~everything & self._chance(count, ABOUT_THE_MASK)
        ids = torch.where(_over(about_the_mask, 2), picked["inside_ids"], picked["ids"])
        ids = torch.where(_over(self._chance(count, WITHOUT_CAPTION), 2), self._empty[1], ids)
        covered = picked["covered"].float() / LATENT_CELL**2
        inside = torch.where(covered.amax(1, keepdim=True) > 0, THING, INSIDE)
        weight = torch.where(mask > 0, inside, OUTSIDE)
        return Batch(picked["latents"].float(), mask, masked_latents, ids, weight, covered, picked["named"].long())

    def timesteps(self, count: int, steps: int) -> torch.Tensor:
        """Return timesteps, half of them from the middle, where it is decided what a thing becomes.

        The others are drawn evenly. Those of the middle are logit-normal, as in Esser et al. 2024, section 3.1.
        """
        normal = torch.randn(count, generator=self._generator, device=self._device)
        even = torch.rand(count, generator=self._generator, device=self._device)
        share = torch.where(self._chance(count, 0.5), even, torch.sigmoid(normal + LATER))
        return (share * steps).long().clamp(max=steps - 1)

    def _chance(self, count: int, share: float) -> torch.Tensor:
        return torch.rand(count, generator=self._generator, device=self._device) < share

    def _numbers(self, end: int, count: int) -> torch.Tensor:
        return torch.randint(end, (count,), generator=self._generator, device=self._device)


def _over(values: torch.Tensor, dimensions: int) -> torch.Tensor:
    """Return values (n) in so many dimensions, to be spread over those that follow the first."""
    return values.reshape(-1, *(1,) * (dimensions - 1))
