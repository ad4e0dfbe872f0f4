"""Scenes as the UNet sees them: latents, masked latents, masks and token ids, made once from the shards.

`python -m training.latents data/training/scenes-256 data/training/vae data/training/tokenizer data/training/latents`
"""

from pathlib import Path
from typing import Any

import torch
import typer
from diffusers import AutoencoderKL
from transformers import CLIPTokenizer

from training.data import Shard

CELL = 8
BATCH = 32


def touched_cells(masks: torch.Tensor) -> torch.Tensor:
    """Return which latent cells a mask touches, bool (..., h, w) from (..., height, width), as the engine masks."""
    *lead, height, width = masks.shape
    return masks.reshape(*lead, height // CELL, CELL, width // CELL, CELL).amax(dim=(-3, -1))


@torch.inference_mode()
def encode_shard(shard: Shard, vae: Any, tokenizer: CLIPTokenizer) -> dict[str, torch.Tensor]:
    """Return a shard's tensors: `latents` (n, 4, h, w) and `masked_latents` (n, 2, 4, h, w) in half precision and
    scaled, `masks` (n, 2, h, w) and `things` (n, h, w) bool, `ids` (n, 32).
    """  # noqa: D205
    scale = vae.config.scaling_factor
    encoded: dict[str, list[torch.Tensor]] = {"latents": [], "masked_latents": []}
    masks = touched_cells(torch.from_numpy(shard.masks))
    for start in range(0, len(shard.images), BATCH):
        part = slice(start, start + BATCH)
        pictures = torch.from_numpy(shard.images[part]).to(vae.device).permute(0, 3, 1, 2).float() / 127.5 - 1
        encoded["latents"].append((vae.encode(pictures).latent_dist.mode() * scale).half().cpu())
        kept = ~masks[part].repeat_interleave(CELL, dim=-2).repeat_interleave(CELL, dim=-1)
        holes = (pictures[:, None] * kept[:, :, None].to(vae.device)).flatten(0, 1)
        latents = (vae.encode(holes).latent_dist.mode() * scale).half().cpu()
        encoded["masked_latents"].append(latents.unflatten(0, (-1, masks.shape[1])))
    captions = [str(about["caption"]) for about in shard.about]
    ids = tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt").input_ids
    return {
        **{name: torch.cat(parts) for name, parts in encoded.items()},
        "masks": masks,
        "things": touched_cells(torch.from_numpy(shard.things)),
        "ids": torch.as_tensor(ids),
    }


def encode(scenes: Path, vae: Path, tokenizer: Path, out: Path) -> None:
    """Encode the shards of SCENES that are not in OUT yet."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    coder: Any = AutoencoderKL.from_pretrained(vae)
    coder = coder.to(device).eval()
    words = CLIPTokenizer.from_pretrained(tokenizer)
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(scenes.glob("*.npz")):
        target = out / f"{path.stem}.pt"
        if not target.exists():
            new = target.with_suffix(".new")
            torch.save(encode_shard(Shard.load(path), coder, words), new)
            new.rename(target)
            typer.echo(f"{target}")


def load_latents(folder: Path) -> dict[str, torch.Tensor]:
    """Return all shards of a folder as one set of tensors."""
    parts = [torch.load(path, weights_only=True) for path in sorted(folder.glob("*.pt"))]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


if __name__ == "__main__":
    typer.run(encode)
