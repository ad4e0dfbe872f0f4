"""The VAE: 8 times smaller latents of 4 channels, trained on crops of scenes.

`python -m training.vae data/training/scenes data/training/vae --minutes 8` trains for so long, or goes on from
`state.pt` in the second folder, and leaves the VAE in diffusers' format beside it, with its score on held-out scenes.
Once a UNet was trained on its latents, `--decoder` goes on with the decoder alone, from `decoder.pt`.
"""

import math
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from diffusers import AutoencoderKL
from PIL import Image

from engine.images import LATENT_CELL
from training.artwork import Artwork, fetch_artwork
from training.data import ARTWORK, HELD_OUT, Shard, render_shard, shards
from training.optimizers import Optimizers, zero_residual_outputs
from training.resumable import Training
from training.styles import pixel_art

LEVELS = (32, 64, 96, 96)
CROP = 96
BATCH = {"cuda": 64, "cpu": 12}
KL_WEIGHT = 1e-6
SQUARES_WEIGHT = 4.0
GRADIENT_WEIGHT = 0.25
GREY_HOLES = 0.25
# Sharp blocks are what a VAE finds hardest, and few scenes have them.
PIXEL_ART = 0.35
TOTAL_SAMPLES = 6_000_000
# Crops are drawn from so many; more would only fill memory.
MOST_SHARDS = 10
HELD_OUT_SCENES = 128


def create_vae(size: int) -> Any:
    """Return an untrained VAE for pictures of this side."""
    depth = len(LEVELS)
    build: Any = AutoencoderKL
    vae = build(
        down_block_types=("DownEncoderBlock2D",) * depth,
        up_block_types=("UpDecoderBlock2D",) * depth,
        block_out_channels=LEVELS,
        layers_per_block=1,
        norm_num_groups=8,
        mid_block_add_attention=False,
        sample_size=size,
    )
    zero_residual_outputs(vae)
    return vae


def vae_loss(vae: Any, pictures: torch.Tensor) -> torch.Tensor:
    """Return the loss of pictures, shape (n, 3, height, width), -1 to 1: colours, edges, and how normal latents are."""
    posterior = vae.encode(pictures).latent_dist
    restored = vae.decode(posterior.sample()).sample
    difference = restored - pictures
    colours = difference.abs().mean() + SQUARES_WEIGHT * difference.square().mean()
    edges = difference.diff(dim=-1).abs().mean() + difference.diff(dim=-2).abs().mean()
    kl = posterior.kl().mean() / pictures[0].numel()
    return colours + GRADIENT_WEIGHT * edges + KL_WEIGHT * kl


def load_pictures(scenes: Path) -> torch.Tensor:
    """Return pictures of scenes, uint8 (n, size, size, 3), some of them made pixel art."""
    generator = np.random.default_rng(0)
    images = np.concatenate([shard.images for shard in islice(shards(scenes), MOST_SHARDS)])
    for index in np.flatnonzero(generator.random(len(images)) < PIXEL_ART):
        images[index] = pixel_art(Image.fromarray(images[index]))
    return torch.from_numpy(images)


def draw_crops(images: torch.Tensor, count: int, generator: np.random.Generator) -> torch.Tensor:
    """Return random crops of random pictures, mirrored at times, some with a grey hole as masked pictures have.

    They begin where a latent cell begins, as pictures do: blocks of pixel art have to lie in the cells as they will.
    """
    crops = []
    for index in generator.integers(0, len(images), count):
        top, left = LATENT_CELL * generator.integers(0, (images.shape[1] - CROP) // LATENT_CELL + 1, 2)
        crop = images[index, top : top + CROP, left : left + CROP].permute(2, 0, 1).float() / 127.5 - 1
        if generator.random() < 0.5:
            crop = crop.flip(-1)
        if generator.random() < GREY_HOLES:
            y, x, height, width = generator.integers(CROP // 8, CROP // 2, 4)
            crop[:, y : y + height, x : x + width] = 0
        crops.append(crop)
    return torch.stack(crops)


@torch.inference_mode()
def psnr(vae: Any, held_out: Shard, device: str) -> tuple[float, float]:
    """Return the signal-to-noise ratio in dB of held-out scenes, and the standard deviation of their latents."""
    errors, latents = [], []
    for image in held_out.images:
        picture = torch.from_numpy(image).to(device).permute(2, 0, 1)[None].float() / 127.5 - 1
        latent = vae.encode(picture).latent_dist.mode()
        restored = vae.decode(latent).sample.clamp(-1, 1)
        errors.append((restored - picture).square().mean().item())
        latents.append(latent.cpu())
    return 10 * math.log10(4 / float(np.mean(errors))), torch.cat(latents).std().item()


def train(
    scenes: Path,
    out: Path,
    minutes: Annotated[float, typer.Option(help="How long this slice may take")] = 8.0,
    total_samples: Annotated[int, typer.Option(help="The whole training, over all slices")] = TOTAL_SAMPLES,
    decoder: Annotated[
        bool, typer.Option("--decoder", help="The decoder alone, once a UNet stands on the VAE")
    ] = False,
) -> None:
    """Train for one slice, or to the end."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    images = load_pictures(scenes).to(device)
    size = images.shape[1]
    out.mkdir(parents=True, exist_ok=True)
    vae: Any = AutoencoderKL.from_pretrained(out).float().train() if decoder else create_vae(size)
    vae.register_to_config(sample_size=size)
    if decoder:
        for part in (vae.encoder, vae.quant_conv):
            part.requires_grad_(False)
    vae = vae.to(device)
    training = Training(
        out / ("decoder.pt" if decoder else "state.pt"), vae, Optimizers(vae, muon_lr=0.02, adam_lr=2e-3), device
    )
    generator = np.random.default_rng(training.samples)

    def step() -> tuple[torch.Tensor, int]:
        crops = draw_crops(images, BATCH[device], generator)
        with torch.autocast(device, torch.bfloat16):
            return vae_loss(vae, crops), len(crops)

    training.run(step, minutes=minutes, total_samples=total_samples)
    training.average.copy_to(vae)
    held_out = render_shard(Artwork(fetch_artwork(ARTWORK)), HELD_OUT, HELD_OUT_SCENES, size)
    decibels, deviation = psnr(vae.eval(), held_out, device)
    if not decoder:
        vae.register_to_config(scaling_factor=1 / deviation)
    vae.save_pretrained(out)
    typer.echo(f"{training.samples} samples: {decibels:.2f} dB on held-out scenes, latents' deviation {deviation:.2f}")


if __name__ == "__main__":
    typer.run(train)
