"""One call of the UNet for many pictures, and how many rows are worth one."""

import logging
import statistics
import time
from collections.abc import Sequence
from typing import Any

import torch

from engine.slots import DenoisingState

log = logging.getLogger(__name__)

# Batches are filled up to one of these sizes: at the same size, a row is the same to the last bit whatever its
# neighbours are, and compiled code or CUDA graphs need only these.
SHAPES = (1, 2, 4, 8, 16, 32, 64)
# Twice the rows must do at least so many times the work a second, or they only make everyone wait.
WORTH = 1.08
REPEATS = 3
# What SDXL is told of a picture: its original height and width, the crop's top and left, its height and width.
SIZE_NUMBERS = 6


class Runner:
    """Computes; decides nothing. `max_rows` is the largest batch that pays, less after memory ran out."""

    def __init__(self, unet: Any, device: str) -> None:
        self._unet = unet
        self._device = device
        self.max_rows = 2

    @torch.inference_mode()
    def predict(self, slots: Sequence[DenoisingState]) -> list[torch.Tensor]:
        """Return the UNet's output for every slot, each (rows, c, h, w). Their latents must have one size."""
        inputs = torch.cat([slot.inputs() for slot in slots])
        timesteps = torch.cat([slot.timestep.reshape(1).expand(slot.rows) for slot in slots])
        embeddings, mask = _side_by_side([slot.embeddings for slot in slots])
        missing = shape_for(len(inputs)) - len(inputs)
        added: dict[str, Any] = {
            name: _filled(torch.cat([slot.added[name] for slot in slots]), missing) for name in slots[0].added
        }
        if "image_embeds" in added:
            # One of each adapter.
            added["image_embeds"] = [added["image_embeds"]]
        outputs = self._unet(
            _filled(inputs, missing),
            _filled(timesteps, missing).to(inputs.device),
            encoder_hidden_states=_filled(embeddings, missing),
            encoder_attention_mask=None if mask is None else _filled(mask, missing),
            added_cond_kwargs=added or None,
            return_dict=False,
        )[0]
        return list(outputs[: len(inputs)].split([slot.rows for slot in slots]))

    def retreat(self) -> bool:
        """Halve the largest batch after memory ran out; return whether there is anything left to halve."""
        if self.max_rows <= 1:
            return False
        self.max_rows //= 2
        log.warning("memory ran out: at most %s rows a batch from now on", self.max_rows)
        return True

    @torch.inference_mode()
    def measure(self, tokens: int) -> dict[int, float]:
        """Time batches of every size, set `max_rows` to the largest that pays, and return seconds by rows."""
        config = self._unet.config
        side = config.sample_size
        seconds: dict[int, float] = {}
        for rows in SHAPES:
            options = {"device": self._device, "dtype": self._unet.dtype}
            inputs = torch.zeros(rows, config.in_channels, side, side, **options)
            words = torch.zeros(rows, tokens, config.cross_attention_dim, **options)
            times = torch.full((rows,), 500, device=inputs.device)
            added = {name: torch.zeros(rows, size, **options) for name, size in self._added_sizes().items()}
            try:
                seconds[rows] = self._seconds(inputs, times, words, added)
            except torch.OutOfMemoryError:
                torch.cuda.empty_cache()
                log.info("batches of %s rows don't fit in memory", rows)
                break
            if rows > 2 and 2 * seconds[rows // 2] < WORTH * seconds[rows]:
                break
            self.max_rows = rows
        shown = ", ".join(f"{rows}: {1000 * time:.0f} ms" for rows, time in seconds.items())
        log.info("a step by rows takes %s; batches have at most %s rows", shown, self.max_rows)
        return seconds

    def _added_sizes(self) -> dict[str, int]:
        """Return the widths of SDXL's further conditions by name; none for other models."""
        config = self._unet.config
        if config.addition_embed_type != "text_time":
            return {}
        times = SIZE_NUMBERS * config.addition_time_embed_dim
        return {"text_embeds": config.projection_class_embeddings_input_dim - times, "time_ids": SIZE_NUMBERS}

    def _seconds(
        self, inputs: torch.Tensor, times: torch.Tensor, words: torch.Tensor, added: dict[str, torch.Tensor]
    ) -> float:
        measured = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            outputs = self._unet(
                inputs, times, encoder_hidden_states=words, added_cond_kwargs=added or None, return_dict=False
            )
            outputs[0].sum().item()
            measured.append(time.perf_counter() - started)
        return statistics.median(measured)


def shape_for(rows: int) -> int:
    """Return the batch size that so many rows are filled up to; beyond the largest, they stay as they are."""
    return next((shape for shape in SHAPES if shape >= rows), rows)


def _side_by_side(embeddings: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return prompts of several lengths as one tensor, and a mask (rows, tokens) of what is prompt, if they differ."""
    lengths = [each.shape[1] for each in embeddings]
    longest = max(lengths)
    if min(lengths) == longest:
        return torch.cat(embeddings), None
    padded = [torch.nn.functional.pad(each, (0, 0, 0, longest - each.shape[1])) for each in embeddings]
    kept = [torch.arange(longest, device=each.device).expand(len(each), -1) < each.shape[1] for each in embeddings]
    return torch.cat(padded), torch.cat(kept)


def _filled(tensor: torch.Tensor, missing: int) -> torch.Tensor:
    """Return the tensor with so many more rows, like its first."""
    return torch.cat([tensor, tensor[:1].expand(missing, *tensor.shape[1:])]) if missing else tensor
