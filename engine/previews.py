"""Small previews of a picture that is still being denoised."""

import io
from typing import Any

import numpy as np
import torch
from PIL import Image

from engine.images import Crop

PREVIEW_SIZE = 384
SAMPLES = 24
SAMPLE_SIZE = 64


def fit_latent_rgb(vae: Any) -> np.ndarray:
    """Return the linear map from a latent to the colour it stands for, shape (latent channels + 1, 3).

    Fitted by least squares on smooth random pictures that the model's own VAE encodes, so it serves any VAE,
    and costs a matrix product instead of a decode.
    """
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(SAMPLES, 3, 4, 4, generator=generator) * 2 - 1
    pictures = torch.nn.functional.interpolate(coarse, SAMPLE_SIZE, mode="bicubic").clamp(-1, 1)
    with torch.inference_mode():
        encoded = vae.encode(pictures.to(vae.device, vae.dtype))
        latents = encoded.latent_dist.mode().float().cpu() * vae.config.scaling_factor
    colours = torch.nn.functional.adaptive_avg_pool2d(pictures, latents.shape[-2:])
    inputs = _with_bias(latents.movedim(1, -1).reshape(-1, latents.shape[1]).numpy())
    targets = colours.movedim(1, -1).reshape(-1, 3).numpy()
    return np.linalg.lstsq(inputs, targets, rcond=None)[0]


def draw_preview(
    latents: torch.Tensor, latent_rgb: np.ndarray, image: Image.Image, mask_image: Image.Image, crop: Crop
) -> bytes:
    """Return a small JPEG of the whole picture with the latents' colours in its masked region.

    `latents` has shape (channels, height, width). Schedulers that count in sigmas keep noisy latents large,
    so they are brought back to unit scale.
    """
    values = latents.float().cpu().movedim(0, -1).numpy()
    values = values / max(1.0, float(values.std()))
    colours = _with_bias(values) @ latent_rgb
    region = Image.fromarray(((colours.clip(-1, 1) + 1) * 127.5).astype(np.uint8))
    scale = min(1.0, PREVIEW_SIZE / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    left, upper, right, lower = (round(edge * scale) for edge in crop.box)
    layer = Image.new("RGB", size)
    layer.paste(region.resize((max(1, right - left), max(1, lower - upper)), Image.Resampling.BICUBIC), (left, upper))
    whole = image.convert("RGB").resize(size, Image.Resampling.BILINEAR)
    whole.paste(layer, mask=mask_image.resize(size, Image.Resampling.BILINEAR))
    buffer = io.BytesIO()
    whole.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _with_bias(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values, np.ones((*values.shape[:-1], 1), values.dtype)], axis=-1)
