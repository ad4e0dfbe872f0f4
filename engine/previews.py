"""Small previews of a picture that is still being denoised."""

import io
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderTiny
from PIL import Image

from engine.canvas import Canvas
from engine.safety import SafetyScorer

PREVIEW_SIZE = 384
SAMPLES = 24
SAMPLE_SIZE = 64


class LinearPreview:
    """Latents as colours by a linear map: under a millisecond, where a decode takes seconds.

    Fitted by least squares on smooth random pictures that the model's own VAE encodes, so it serves any VAE.
    """

    def __init__(self, vae: Any, device: str) -> None:
        generator = torch.Generator().manual_seed(0)
        coarse = torch.rand(SAMPLES, 3, 4, 4, generator=generator) * 2 - 1
        pictures = torch.nn.functional.interpolate(coarse, SAMPLE_SIZE, mode="bicubic").clamp(-1, 1)
        with torch.inference_mode():
            encoded = vae.encode(pictures.to(device, vae.dtype))
            latents = encoded.latent_dist.mode().float().cpu() * vae.config.scaling_factor
        colours = torch.nn.functional.adaptive_avg_pool2d(pictures, latents.shape[-2:])
        inputs = _with_bias(latents.movedim(1, -1).reshape(-1, latents.shape[1]).numpy())
        targets = colours.movedim(1, -1).reshape(-1, 3).numpy()
        # Shape (latent channels + 1, 3).
        self._map = np.linalg.lstsq(inputs, targets, rcond=None)[0]

    def __call__(self, latents: torch.Tensor) -> Image.Image:
        """Return the picture that latents (channels, height, width) stand for, one pixel a latent."""
        return _picture(_with_bias(latents.float().cpu().movedim(0, -1).numpy()) @ self._map)


class TinyPreview:
    """Latents as a picture by a small decoder that was trained beside the model's VAE: sharp, for a GPU."""

    def __init__(self, vae: AutoencoderTiny) -> None:
        self._vae: Any = vae

    @torch.inference_mode()
    def __call__(self, latents: torch.Tensor) -> Image.Image:
        """Return the picture that latents (channels, height, width) stand for."""
        decoded = self._vae.decode(latents[None].to(self._vae.device, self._vae.dtype)).sample[0]
        return _picture(decoded.float().cpu().movedim(0, -1).numpy())


def _picture(colours: np.ndarray) -> Image.Image:
    """Return colours (height, width, 3), -1 to 1, as a picture."""
    return Image.fromarray(((colours.clip(-1, 1) + 1) * 127.5).astype(np.uint8))


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


def draw_preview(painted: Image.Image, canvas: Canvas, safety: SafetyScorer) -> tuple[bytes, float]:
    """Return a small JPEG of the whole result, from a rough view of what is painted, and its safety score."""
    buffer = io.BytesIO()
    picture = canvas.miniature(painted, PREVIEW_SIZE)
    picture.save(buffer, "JPEG", quality=80)
    return buffer.getvalue(), safety.score(picture)


def _with_bias(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values, np.ones((*values.shape[:-1], 1), values.dtype)], axis=-1)
