"""Where a model's parts lie: all on the device, or as little of them as a small card can bear."""

from typing import Any

import torch

from engine.device import Device

MEMORY = ("normal", "low", "lowest")


def place(pipeline: Any, device: Device, memory: str) -> Any:
    """Put a pipeline on its device and return it.

    `low` computes attention in slices and pictures one tile after another: slower, and less memory at the peak.
    `lowest` also keeps the weights in main memory and brings each layer to the device when its turn comes, exactly as
    before but several times slower (diffusers' group offloading).
    """
    if memory != "normal":
        pipeline.enable_attention_slicing()
        pipeline.vae.enable_slicing()
        pipeline.vae.enable_tiling()
    if memory == "lowest":
        pipeline.enable_group_offload(
            onload_device=torch.device(device.type), offload_device=torch.device("cpu"), offload_type="leaf_level"
        )
        return pipeline
    if device.type == "cuda":
        for part in (getattr(pipeline, "unet", None), pipeline.vae):
            if part is not None:
                part.to(memory_format=torch.channels_last)
    return pipeline.to(device.type)
