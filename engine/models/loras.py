"""LoRA weights on top of a model, chosen by each request."""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from engine.refusal import RefusedError

log = logging.getLogger(__name__)

_TAG = re.compile(r"\s*<lora:([^:<>]+)(?::(-?\d+(?:\.\d+)?))?>")


@dataclass(frozen=True, slots=True)
class Lora:
    """LoRA weights by name, and how much they count."""

    name: str
    scale: float = 1.0


def take_loras(prompt: str) -> tuple[str, tuple[Lora, ...]]:
    """Return a prompt without its `<lora:name:0.8>` tags, and what they name, in one order however they stand."""
    loras = {Lora(name.strip(), float(scale or 1)) for name, scale in _TAG.findall(prompt)}
    return _TAG.sub("", prompt).strip(), tuple(sorted(loras, key=lambda lora: (lora.name, lora.scale)))


class Loras:
    """The LoRA weights that the server's owner offers, read into one model when they are first named."""

    def __init__(self, pipeline: Any, sources: Iterable[str] = ()) -> None:
        """Take folders of `.safetensors` files, named by file, and Hub ids, named by their last part."""
        self._pipeline = pipeline
        self._sources: dict[str, str] = {}
        for source in sources:
            folder = Path(source).expanduser()
            if folder.is_dir():
                self._sources |= {path.stem: str(path) for path in sorted(folder.rglob("*.safetensors"))}
            else:
                self._sources[source.rsplit("/", 1)[-1]] = source
        self._adapters: dict[str, str] = {}
        self._in_use: tuple[Lora, ...] = ()

    @torch.inference_mode(False)
    def use(self, loras: tuple[Lora, ...]) -> None:
        """Let these count, and no others. Raises RefusedError for one that isn't offered or doesn't fit the model."""
        if loras == self._in_use:
            return
        for lora in loras:
            self._read(lora.name)
        if loras:
            self._pipeline.enable_lora()
            names = [self._adapters[lora.name] for lora in loras]
            self._pipeline.set_adapters(names, [lora.scale for lora in loras])
        else:
            self._pipeline.disable_lora()
        self._in_use = loras

    def _read(self, name: str) -> None:
        if name in self._adapters:
            return
        if name not in self._sources:
            known = ", ".join(self._sources) or "none"
            raise RefusedError(f"This server has no LoRA {name[:60]}; it has: {known[:500]}.")
        adapter = f"lora{len(self._adapters)}"
        try:
            self._pipeline.load_lora_weights(self._sources[name], adapter_name=adapter)
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            log.exception("the LoRA %s can't be read", name)
            raise RefusedError(f"The LoRA {name[:60]} doesn't fit the model in use; leave it out.") from error
        self._adapters[name] = adapter
        # Reading one makes it count, alone.
        self._in_use = (Lora(name),)
