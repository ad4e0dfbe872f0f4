"""Scenes as the UNet sees them: latents, masked latents, masks and token ids, made once from the shards.

`python -m training.latents data/training/scenes data/training/vae data/training/tokenizer data/training/latents`
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import typer
from diffusers import AutoencoderKL
from transformers import CLIPTokenizer

from engine.images import LATENT_CELL
from training.artwork import COLOURS, NOUNS
from training.data import Shard
from training.scenes import with_article

BATCH = 64
# The share of a thing that a mask must cover for the thing to lie in it.
INSIDE = 0.6
MOST_THINGS = 3


def touched_cells(masks: torch.Tensor) -> torch.Tensor:
    """Return which latent cells a mask touches, bool (..., h, w) from (..., height, width), as the engine masks."""
    *lead, height, width = masks.shape
    return masks.reshape(*lead, height // LATENT_CELL, LATENT_CELL, width // LATENT_CELL, LATENT_CELL).amax(
        dim=(-3, -1)
    )


def covered_cells(things: torch.Tensor) -> torch.Tensor:
    """Return how many pixels of a latent cell each thing covers, uint8 (n, 3, h, w); `things` as in `Shard`."""
    numbers = torch.arange(1, MOST_THINGS + 1, device=things.device)[:, None, None]
    *_, height, width = things.shape
    cells = (things[:, None] == numbers).reshape(
        -1, MOST_THINGS, height // LATENT_CELL, LATENT_CELL, width // LATENT_CELL, LATENT_CELL
    )
    return cells.sum(dim=(-3, -1)).to(torch.uint8)


def numbered(about: dict[str, Any]) -> list[list[int]]:
    """Return the number of each thing's noun and colour, counted from 1; a thing or colour that is not there has 0."""
    nouns = [noun.name for noun in NOUNS]
    numbers = [[nouns.index(noun) + 1, COLOURS.index(colour) + 1 if colour else 0] for noun, colour in about["things"]]
    return numbers + [[0, 0]] * (MOST_THINGS - len(numbers))


def caption_inside(about: dict[str, Any], things: np.ndarray, mask: np.ndarray) -> str:
    """Return what a member would ask for who repaints the mask: the things that lie in it, the place, the style.

    `things` as in `Shard`, of one scene.
    """
    inside = [
        with_article(f"{colour} {noun}" if colour else noun)
        for number, (noun, colour) in enumerate(about["things"], 1)
        if mask[things == number].sum() > INSIDE * (things == number).sum()
    ]
    caption = f"{' and '.join(inside)} {about['place']}".strip()
    return f"{caption}, {about['style']}" if about["style"] else caption


@torch.inference_mode()
def encode_shard(shard: Shard, vae: Any, tokenizer: CLIPTokenizer) -> dict[str, torch.Tensor]:
    """Return a shard's tensors, latents scaled and in half precision.

    `latents` and `masked_latents` (n, 4, h, w); `masks` bool (n, h, w); `ids` of the caption, and `inside_ids` of what
    lies in the mask (n, 32); `covered` as `covered_cells` tells; `named` the nouns and colours of the things (n, 3, 2).
    """
    scale = vae.config.scaling_factor
    encoded: dict[str, list[torch.Tensor]] = {"latents": [], "masked_latents": []}
    masks = touched_cells(torch.from_numpy(shard.masks).to(vae.device))
    for start in range(0, len(shard.images), BATCH):
        part = slice(start, start + BATCH)
        pictures = torch.from_numpy(shard.images[part]).to(vae.device).permute(0, 3, 1, 2).float() / 127.5 - 1
        kept = ~masks[part].repeat_interleave(LATENT_CELL, dim=-2).repeat_interleave(LATENT_CELL, dim=-1)
        holes = pictures * kept[:, None]
        with torch.autocast(vae.device.type, torch.bfloat16):
            for name, seen in (("latents", pictures), ("masked_latents", holes)):
                encoded[name].append((vae.encode(seen).latent_dist.mode() * scale).half().cpu())
    captions = [str(about["caption"]) for about in shard.about]
    inside = [caption_inside(*facts) for facts in zip(shard.about, shard.things, shard.masks, strict=True)]
    ids, inside_ids = (
        torch.as_tensor(tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt").input_ids)
        for texts in (captions, inside)
    )
    return {
        **{name: torch.cat(parts) for name, parts in encoded.items()},
        "masks": masks.cpu(),
        "covered": covered_cells(torch.from_numpy(shard.things).to(vae.device)).cpu(),
        "named": torch.tensor([numbered(about) for about in shard.about], dtype=torch.uint8),
        "ids": ids,
        "inside_ids": inside_ids,
    }


def encode(scenes: Path, vae: Path, tokenizer: Path, out: Path) -> None:
    """Encode the shards of SCENES that are not in OUT yet."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    coder: Any = AutoencoderKL.from_pretrained(vae)
    coder = coder.to(device, memory_format=torch.channels_last).eval()
    words = CLIPTokenizer.from_pretrained(tokenizer)
    out.mkdir(parents=True, exist_ok=True)
    while missing := sorted({path.stem for path in scenes.glob("*.npz")} - {path.stem for path in out.glob("*.pt")}):
        # Looked for each time anew: the scenes may still be being rendered.
        target = out / f"{missing[0]}.pt"
        new = target.with_suffix(".new")
        torch.save(encode_shard(Shard.load(scenes / f"{missing[0]}.npz"), coder, words), new)
        new.rename(target)
        typer.echo(f"{target}")


def load_latents(folder: Path) -> dict[str, torch.Tensor]:
    """Return all shards of a folder as one set of tensors."""
    parts = [torch.load(path, weights_only=True) for path in sorted(folder.glob("*.pt"))]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


if __name__ == "__main__":
    typer.run(encode)
