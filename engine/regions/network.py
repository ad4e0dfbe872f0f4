"""A small U-Net that says something about every second pixel of a picture."""

from typing import Any

import torch
from diffusers.models.resnet import ResnetBlock2D
from torch import nn
from torch.nn import functional

GROUPS = 8


class PixelNetwork(nn.Module):
    """From pictures to one vector for each 2 by 2 pixels.

    Takes (n, 3, height, width), -1 to 1, sides that divide by 32; returns (n, out_channels, height / 2, width / 2).
    `levels` are the channels at a half, a quarter … of the picture's size; each divides by 8.
    """

    def __init__(self, out_channels: int, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(3, levels[0], 3, stride=2, padding=1)
        wider = zip((levels[0], *levels), levels, strict=False)
        self.down_resnets = nn.ModuleList(_block(before, after) for before, after in wider)
        self.mid_resnets = nn.ModuleList(_block(levels[-1], levels[-1]) for _ in range(2))
        below = (levels[-1], *reversed(levels))
        self.up_resnets = nn.ModuleList(
            _block(under + level, level) for under, level in zip(below, reversed(levels), strict=False)
        )
        self.norm_out = nn.GroupNorm(GROUPS, levels[0])
        self.conv_out = nn.Conv2d(levels[0], out_channels, 1)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """See the class."""
        states = self.conv_in(pictures)
        passed = []
        for resnet in self.down_resnets:
            states = resnet(states, None)
            passed.append(states)
            states = functional.avg_pool2d(states, 2)
        for resnet in self.mid_resnets:
            states = resnet(states, None)
        for resnet, skip in zip(self.up_resnets, reversed(passed), strict=True):
            states = functional.interpolate(states, scale_factor=2.0)
            states = resnet(torch.cat([states, skip], dim=1), None)
        return self.conv_out(functional.silu(self.norm_out(states)))


def _block(in_channels: int, out_channels: int) -> ResnetBlock2D:
    build: Any = ResnetBlock2D  # its annotations forget that it may have no time embedding
    return build(in_channels=in_channels, out_channels=out_channels, temb_channels=None, groups=GROUPS)
