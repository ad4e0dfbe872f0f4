"""Where the model's files are: shipped with Atelier, in a folder, in one file, or on the Hugging Face Hub."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import (
    DryRunError,
    GatedRepoError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils.tqdm import tqdm

from engine.api.messages import Loading

STARTER = Path(__file__).parent.parent / "starter"
DEFAULT_FOR_A_GPU = "stable-diffusion-v1-5/stable-diffusion-inpainting"
CONFIGURATION = ["model_index.json", "*/*.json", "*/*.txt", "*/*.model"]
NETWORK_CONFIGURATION = ["*.json", "*.txt"]
# The safety checker is 1.2 GB of weights that Atelier does not use.
UNUSED = ["safety_checker/*", "*.onnx"]


class ModelUnavailableError(Exception):
    """The model can't be had; the message is one sentence for the owner: what is wrong and what to do."""


def find_model(model: str, revision: str | None, report: Callable[[Loading], None]) -> Path:
    """Return the folder or single file of a model, fetching it from the Hub where it isn't here yet.

    `model` is `starter`, the path of a diffusers folder or of a `.safetensors` file, or a Hub id. The cache
    folder, offline mode and access token are those of Hugging Face's own environment variables. Raises
    ModelUnavailableError.
    """
    if model == "starter":
        return STARTER
    path = Path(model).expanduser()
    if path.is_dir():
        if not (path / "model_index.json").is_file():
            raise ModelUnavailableError(f"The folder {model} has no model_index.json; name a diffusers model folder.")
        return path
    if path.suffix == ".safetensors" or path.is_absolute():
        if not path.is_file():
            raise ModelUnavailableError(f"There is no model at {model}; check ATELIER_MODEL.")
        return path
    return _fetch(model, revision, report, CONFIGURATION, "*/*.safetensors")


def find_network(name: str, report: Callable[[Loading], None]) -> Path:
    """Return the folder of a single network of transformers, by its path or its Hub id, as `find_model` does."""
    folder = Path(name).expanduser()
    return folder if folder.is_dir() else _fetch(name, None, report, NETWORK_CONFIGURATION, "*.safetensors")


def _fetch(
    model: str, revision: str | None, report: Callable[[Loading], None], configuration: list[str], weights: str
) -> Path:
    report(Loading(f"looking for {model} on the Hub"))
    try:
        patterns, missing_bytes = _choose_files(model, revision, configuration, weights)
        return Path(
            snapshot_download(
                model,
                revision=revision,
                allow_patterns=patterns,
                ignore_patterns=UNUSED,
                tqdm_class=_reporting_bar(model, missing_bytes, report),
            )
        )
    except GatedRepoError as error:
        raise ModelUnavailableError(
            f"The model {model} is gated: accept its terms on its Hub page, then set HF_TOKEN to your access token."
        ) from error
    except RevisionNotFoundError as error:
        raise ModelUnavailableError(
            f"The model {model} has no revision {revision}; check ATELIER_MODEL_REVISION."
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise ModelUnavailableError(
            f"There is no model {model} on the Hub (or it is private and HF_TOKEN is not set); check ATELIER_MODEL."
        ) from error
    except LocalEntryNotFoundError as error:
        cause = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else "the Hub can't be reached"
        raise ModelUnavailableError(
            f"The model {model} is not in the cache and {cause}; go online once, or set ATELIER_MODEL=starter."
        ) from error
    except OSError as error:
        raise ModelUnavailableError(f"Fetching {model} failed: {error}") from error


def _choose_files(model: str, revision: str | None, configuration: list[str], weights: str) -> tuple[list[str], int]:
    """Return the patterns of the files to fetch, and how many bytes of them are not here yet.

    `configuration` and `weights` are patterns themselves. Of each component the fp16 safetensors are taken where there
    are such. Without the Hub there is nothing to choose: what lies in the cache is taken. Raises
    ModelUnavailableError where the disk has no room.
    """
    try:
        files = snapshot_download(
            model,
            revision=revision,
            allow_patterns=[*configuration, weights],
            ignore_patterns=UNUSED,
            dry_run=True,
        )
    except DryRunError:
        return configuration, 0
    halves = {file.filename for file in files if file.filename.endswith(".fp16.safetensors")}
    covered = {name.split("/")[0] for name in halves}
    chosen = [
        file
        for file in files
        if file.filename.endswith(".safetensors")
        and (file.filename in halves or file.filename.split("/")[0] not in covered)
    ]
    missing = sum(file.file_size or 0 for file in chosen if file.will_download)
    cache = Path(constants.HF_HUB_CACHE)
    cache.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache).free
    if missing > free:
        raise ModelUnavailableError(
            f"The model {model} needs {missing / 1e9:.1f} GB and the disk has {free / 1e9:.1f} GB free; "
            "make room, or set HF_HOME to a larger disk."
        )
    return [*configuration, *(file.filename for file in chosen)], missing


def _reporting_bar(model: str, missing_bytes: int, report: Callable[[Loading], None]) -> type[tqdm]:
    """Return a progress bar that also reports every further percent of the bytes.

    It counts by itself: a bar that is not shown, as in a service, does not count. Files come in several threads.
    """
    reported = 0
    lock = threading.Lock()

    class ReportingBar(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            self._bytes = 0 if options.get("unit") == "B" else None
            super().__init__(*args, **options)

        def update(self, n: float | None = 1) -> Any:
            nonlocal reported
            if self._bytes is not None and missing_bytes:
                with lock:
                    self._bytes += n or 0
                    percent = min(100, int(100 * self._bytes / missing_bytes))
                    if percent > reported:
                        reported = percent
                        report(Loading(f"fetching {model}", percent / 100))
            return super().update(n)

    return ReportingBar
