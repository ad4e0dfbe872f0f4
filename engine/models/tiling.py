"""Pictures that continue at their own opposite edge: convolutions that see the other side instead of nothing."""

from typing import Any

from torch import nn


class Tiling:
    """The padding of a model's convolutions, which all pictures of a batch share."""

    def __init__(self, *networks: nn.Module) -> None:
        self._convolutions = [
            module
            for network in networks
            for module in network.modules()
            if isinstance(module, nn.Conv2d) and _is_padded(module.padding)
        ]
        self._in_use = False

    def use(self, is_seamless: bool) -> None:
        """Let the edges meet, or not."""
        if is_seamless == self._in_use:
            return
        for convolution in self._convolutions:
            convolution.padding_mode = "circular" if is_seamless else "zeros"
        self._in_use = is_seamless


def _is_padded(padding: Any) -> bool:
    return padding != "valid" if isinstance(padding, str) else any(padding)
