"""The whole training of the UNet in a short lease of a GPU, on a machine with many cores.

`python -m training.gpu_run --seconds 580` renders the scenes, encodes them and trains on what is there already, all at
the same time, so that the training ends when the lease does; called once more, it goes on. Where there is no network,
its folder, `data/training`, has to hold `artwork.json`.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from diffusers import AutoencoderKL
from transformers import CLIPTokenizer

from training.artwork import Artwork, fetch_artwork
from training.data import ARTWORK, HELD_OUT, SHARD_SCENES, SIZE, render_shard, shard_path
from training.latents import encode_shard
from training.unet import TOTAL_SAMPLES, UNetTraining
from training.vae import MOST_SHARDS

SHIPPED = Path("engine/starter")
SCENES, LATENTS = ARTWORK / "scenes", ARTWORK / "latents"
# So many scenes it is compiled with; training begins with so many shards.
FEW = 64
ENOUGH = 6
# So many seconds it trains before it takes in what was encoded meanwhile, measures its speed, and needs at the end.
PATIENCE, MEASURED, LAST = 25.0, 10.0, 20.0


def main(
    seconds: Annotated[float, typer.Option(help="How long all may take")] = 580.0,
    scenes: Annotated[int, typer.Option(help="The usual ones; a quarter as many hard ones come with them")] = 100_000,
) -> None:
    """Render, encode and train."""
    begun = time.monotonic()
    if not any(LATENTS.glob("*.pt")):
        _encode_few()
    training = UNetTraining(LATENTS, SHIPPED / "vae", SHIPPED / "tokenizer", ARTWORK / "unet", compiled=True)
    training.run(0.001, TOTAL_SAMPLES)
    typer.echo(f"compiled after {time.monotonic() - begun:.0f} s")
    wanted = -(-scenes // SHARD_SCENES) + -(-scenes // 4 // SHARD_SCENES)
    if len(_encoded()) < wanted:
        # Not before: beside sixteen processes that render, compiling takes minutes.
        preparation = subprocess.Popen(["bash", "-c", _preparation(scenes)])  # noqa: S607
        while len(_encoded()) < min(ENOUGH, wanted):
            if preparation.poll() is not None:
                raise SystemExit("No scenes were made; what is printed above says why.")
            time.sleep(0.5)
    known: set[str] = set()
    while len(known) < wanted and time.monotonic() < begun + seconds / 2:
        known = _encoded()
        training.load(LATENTS)
        _make_room(known)
        typer.echo(f"{len(known)} shards of {wanted} after {time.monotonic() - begun:.0f} s")
        training.run(PATIENCE / 60, TOTAL_SAMPLES)
    before, started = training.samples, time.monotonic()
    training.run(MEASURED / 60, TOTAL_SAMPLES)
    speed = (training.samples - before) / (time.monotonic() - started)
    training.load(LATENTS)
    left = begun + seconds - LAST - time.monotonic()
    total_samples = training.samples + round(speed * left)
    typer.echo(f"{speed:.0f} samples a second: {total_samples} in all")
    training.run(left / 60, total_samples)
    typer.echo(f"{training.samples} samples; the model is in {training.export()}")


def _encode_few() -> None:
    """Encode some scenes of their own, with which the training can be compiled while there are no others."""
    vae: Any = AutoencoderKL.from_pretrained(SHIPPED / "vae")
    few = render_shard(Artwork(fetch_artwork(ARTWORK)), HELD_OUT - FEW, FEW, SIZE)
    LATENTS.mkdir(parents=True, exist_ok=True)
    torch.save(encode_shard(few, vae.float(), CLIPTokenizer.from_pretrained(SHIPPED / "tokenizer")), LATENTS / "few.pt")


def _encoded() -> set[str]:
    """Return the names of the shards that can be trained on."""
    return {path.stem for path in LATENTS.glob("[0-9]*.pt")}


def _make_room(encoded: set[str]) -> None:
    """Delete the scenes that are encoded, but those that a training of the VAE's decoder would take."""
    for name in sorted(encoded)[MOST_SHARDS:]:
        shard_path(SCENES, int(name)).unlink(missing_ok=True)


def _preparation(scenes: int) -> str:
    """Return the commands that render all scenes and, beside it, encode what is rendered."""
    python = sys.executable
    render = f"nice {python} -m training.data {SCENES}"
    encode = f"{python} -m training.latents {SCENES} {SHIPPED / 'vae'} {SHIPPED / 'tokenizer'} {LATENTS}"
    return (
        f"({render} --scenes {scenes} && {render} --hard --scenes {scenes // 4}) & rendering=$!; "
        f"while kill -0 $rendering; do {encode}; sleep 1; done; {encode}"
    )


if __name__ == "__main__":
    typer.run(main)
