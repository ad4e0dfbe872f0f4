"""What all trainings share: two optimisers by kind of parameter, and one learning rate by samples."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

WARM_UP_SAMPLES = 20_000
FINAL_SHARE = 0.02
AT_THE_PEAK = 0.5


class Muon(torch.optim.Optimizer):
    """Momentum orthogonalised by Newton-Schulz steps, for matrices and convolutions (as matrices of their rows).

    Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks", with its quintic
    coefficients. PyTorch's own takes matrices only.
    """

    COEFFICIENTS = (3.4445, -4.7750, 2.0315)
    STEPS = 5

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, momentum: float = 0.95) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Do one step with the gradients that are there."""
        for group in self.param_groups:
            # Matrices of one shape go together: a GPU would wait for so many small ones.
            by_shape: defaultdict[torch.Size, list[tuple[nn.Parameter, torch.Tensor]]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                momentum = state["momentum"].lerp_(parameter.grad, 1 - group["momentum"])
                update = parameter.grad.lerp(momentum, group["momentum"]).reshape(len(parameter), -1)
                by_shape[update.shape].append((parameter, update))
            for (rows, columns), members in by_shape.items():
                directions = self._orthogonal(torch.stack([update for _, update in members]))
                scale = max(1.0, rows / columns) ** 0.5
                for (parameter, _), direction in zip(members, directions, strict=True):
                    parameter.add_(direction.reshape(parameter.shape).to(parameter), alpha=-group["lr"] * scale)

    def _orthogonal(self, matrices: torch.Tensor) -> torch.Tensor:
        """Return about the nearest matrices, (n, rows, columns), whose singular values are all one."""
        tall = matrices.shape[-2] > matrices.shape[-1]
        wide = (matrices.mT if tall else matrices).bfloat16()
        wide = wide / (wide.norm(dim=(-2, -1), keepdim=True) + 1e-7)
        first, second, third = self.COEFFICIENTS
        for _ in range(self.STEPS):
            square = wide @ wide.mT
            polynomial = torch.baddbmm(square, square, square, beta=second, alpha=third)
            wide = torch.baddbmm(wide, polynomial, wide, beta=first)
        return wide.mT if tall else wide


class Optimizers:
    """Muon for the matrices inside a model, AdamW for its ends, embeddings, norms and biases."""

    ENDS = ("conv_in", "conv_out", "embed", "time_emb", "quant", "names_head")

    def __init__(self, model: nn.Module, *, muon_lr: float, adam_lr: float) -> None:
        inner, ends = [], []
        for name, parameter in model.named_parameters():
            is_inner = parameter.ndim >= 2 and not any(word in name for word in self.ENDS)
            (inner if is_inner else ends).append(parameter)
        self._peaks = (muon_lr, adam_lr)
        self._both = (Muon(inner, muon_lr), torch.optim.AdamW(ends, adam_lr, betas=(0.9, 0.99), weight_decay=0.0))

    def step(self, samples: int, total_samples: int) -> None:
        """Take a step at the learning rate that belongs to so many samples, and clear the gradients."""
        share = learning_rate_share(samples, total_samples)
        for optimizer, peak in zip(self._both, self._peaks, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = peak * share
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict[str, Any]]:
        """Return both states."""
        return [optimizer.state_dict() for optimizer in self._both]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Take both states back."""
        for optimizer, state in zip(self._both, states, strict=True):
            optimizer.load_state_dict(state)


def learning_rate_share(samples: int, total_samples: int) -> float:
    """Return the part of the peak rate at this point of the whole training, whatever run it falls into.

    A short linear rise, the peak until half of the training, and a line down to 2 %: so a training can be prolonged
    as long as it is in its first half. Source: Hägele et al. 2024, "Scaling laws and compute-optimal training beyond
    fixed training durations".
    """
    rise = min(1.0, (samples + 1) / min(WARM_UP_SAMPLES, 0.05 * total_samples + 1))
    left = max(0.0, 1 - samples / total_samples)
    return rise * max(FINAL_SHARE, min(1.0, left / (1 - AT_THE_PEAK)))


def zero_residual_outputs(model: nn.Module) -> None:
    """Let every residual block begin as the identity: its last layer starts at zero."""
    for name, parameter in model.named_parameters():
        if ("resnets" in name and "conv2" in name) or ("attentions" in name and "proj_out" in name):
            nn.init.zeros_(parameter)
