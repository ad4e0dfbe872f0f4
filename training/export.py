"""The finished model: all parts in one folder, as it is shipped.

`python -m training.export data/training engine/starter` gathers what the trainings have left in the first folder.
"""

import json
import shutil
from pathlib import Path

import typer

from training.world import describe_world


def export(made: Path, out: Path) -> None:
    """Put the pipeline, the text-to-mask head and the world's description together; say what the weights take."""
    out.mkdir(parents=True, exist_ok=True)
    for part in ("model_index.json", "scheduler", "text_encoder", "tokenizer", "unet", "vae"):
        _replace(made / "unet" / "model" / part, out / part)
    _replace(made / "text-to-mask" / "model", out / "text_to_mask")
    for name in ("vocab.json", "merges.txt"):
        # transformers no longer writes these two, which older readers of the format look for.
        shutil.copyfile(made / "tokenizer" / name, out / "tokenizer" / name)
    (out / "world.json").write_text(json.dumps(describe_world(), indent=1) + "\n")
    weights = sum(path.stat().st_size for path in out.rglob("*.safetensors"))
    typer.echo(f"{out}: {weights / 1e6:.1f} MB of weights")


def _replace(source: Path, target: Path) -> None:
    if source.is_file():
        shutil.copyfile(source, target)
    else:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)


if __name__ == "__main__":
    typer.run(export)
