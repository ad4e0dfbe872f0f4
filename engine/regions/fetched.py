"""Networks that find regions and don't come with Atelier: fetched from the Hub when they are first needed."""

import logging
from typing import Any

import torch
from safetensors import SafetensorError

from engine.api.messages import Loading
from engine.models.source import ModelUnavailableError, find_network

log = logging.getLogger(__name__)


def fetched(name: str, processor: Any, network: Any, device: str) -> tuple[Any, Any]:
    """Return a processor and a network of transformers' classes, from a Hub id or a folder, ready to use.

    Raises ModelUnavailableError.
    """

    def report(loading: Loading) -> None:
        log.info("%s", loading.stage)

    folder = find_network(name, report)
    try:
        made = network.from_pretrained(folder, dtype=torch.float32).to(device).eval()
        return processor.from_pretrained(folder), made
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelUnavailableError(f"The files of {name} can't be loaded ({error}); fetch them again.") from error
