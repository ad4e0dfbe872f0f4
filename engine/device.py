"""Which device paints, in which precision."""

import os
from dataclasses import dataclass

import torch

DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


@dataclass(frozen=True, slots=True)
class Device:
    """A torch device with the precision that the model's weights take on it."""

    type: str
    dtype: torch.dtype

    @property
    def dtype_name(self) -> str:
        """The precision's short name: fp32, fp16 or bf16."""
        return next(name for name, dtype in DTYPES.items() if dtype is self.dtype)

    def describe(self) -> str:
        """Return the device as an owner would name it."""
        if self.type == "cuda":
            return f"cuda ({torch.cuda.get_device_name()})"
        return f"{self.type} ({torch.get_num_threads()} threads)" if self.type == "cpu" else self.type

    def free_memory(self) -> int:
        """Return the bytes that are free on the device; main memory where it has none of its own."""
        if self.type == "cuda":
            return torch.cuda.mem_get_info()[0]
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")

    def total_memory(self) -> int:
        """Return the bytes that the device has; main memory where it has none of its own."""
        if self.type == "cuda":
            return torch.cuda.mem_get_info()[1]
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def choose_device(device: str = "auto", precision: str = "auto") -> Device:
    """Return the device and precision to use; `auto` takes the best there is.

    cuda paints in bf16 where the card computes it, otherwise in fp16; mps in fp16; the CPU in fp32.
    Raises ValueError, as a sentence for the owner, where the wanted device isn't there.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    kind = next(name for name, there in available.items() if there) if device == "auto" else device
    if not available[kind]:
        raise ValueError(f"ATELIER_DEVICE is {kind}, but torch sees no such device; set it to auto or cpu.")
    if precision != "auto":
        return Device(kind, DTYPES[precision])
    if kind == "cuda":
        return Device(kind, torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16)
    return Device(kind, torch.float16 if kind == "mps" else torch.float32)
