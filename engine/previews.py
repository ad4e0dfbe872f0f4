"""Small previews of a picture that is still being denoised."""

import io
from typing import Any

import numpy as np
import torch
from PIL import Image

from engine.canvas import Canvas

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


def predict_original(model_output: torch.Tensor, sample: torch.Tensor, timestep: float, scheduler: Any) -> torch.Tensor:
    """Return the latents that the model expects at the end, seen from this step, of the shape of `sample`.

    `sample` is what was denoised at `timestep`, `model_output` what the model said of it: the noise, or the
    velocity v (Salimans and Ho 2022, "Progressive Distillation", equation 9).
    """
    alpha = float(scheduler.alphas_cumprod[int(timestep)])
    signal, noise = alpha**0.5, (1 - alpha) ** 0.5
    if scheduler.init_noise_sigma > 1:
        # Schedulers that count in sigmas add noise without scaling the picture down.
        sample = sample * signal
    if scheduler.config.prediction_type == "v_prediction":
        return signal * sample - noise * model_output
    return (sample - noise * model_output) / signal


def draw_preview(latents: torch.Tensor, latent_rgb: np.ndarray, canvas: Canvas) -> bytes:
    """Return a small JPEG of the whole result with the latents' colours where it is painted.

    `latents` has shape (channels, height, width).
    """
    colours = _with_bias(latents.float().cpu().movedim(0, -1).numpy()) @ latent_rgb
    region = Image.fromarray(((colours.clip(-1, 1) + 1) * 127.5).astype(np.uint8))
    whole = canvas.miniature(region, PREVIEW_SIZE)
    buffer = io.BytesIO()
    whole.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _with_bias(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values, np.ones((*values.shape[:-1], 1), values.dtype)], axis=-1)
