"""A picture as a style: IP-Adapter on top of a Stable Diffusion model (Ye et al. 2023, arXiv 2308.06721)."""

import logging
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image

from engine.refusal import RefusedError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AdapterFiles:
    """Where an adapter's weights are: a Hub id or a folder, with the image encoder in `image_encoder` beside them."""

    source: str
    subfolder: str
    weight_name: str


# By the width of the words that the UNet attends to.
ADAPTERS = {
    768: AdapterFiles("h94/IP-Adapter", "models", "ip-adapter_sd15.safetensors"),
    2048: AdapterFiles("h94/IP-Adapter", "sdxl_models", "ip-adapter_sdxl.safetensors"),
}
NO_STYLE = "The model in use can't take its style from a picture; describe the style in words."


class StyleAdapter:
    """A model's adapter, fetched when it is first asked for; without a style in use, the UNet is as it was."""

    def __init__(self, pipeline: Any, files: AdapterFiles | None = None) -> None:
        self._pipeline = pipeline
        self._files = files or ADAPTERS.get(pipeline.unet.config.cross_attention_dim)
        self._plain: dict[str, Any] = {}
        self._adapted: dict[str, Any] = {}
        self._projection: Any = None
        self._in_use: float | None = None

    @torch.inference_mode()
    def encode(self, picture: Image.Image) -> torch.Tensor:
        """Return what the adapter sees in a picture in RGB, (1, 1, width). Raises RefusedError where there is none."""
        self._read()
        embeddings, _ = self._pipeline.encode_image(picture, self._pipeline._execution_device, 1)
        return embeddings[:, None]

    def use(self, scale: float | None) -> None:
        """Let style pictures count so much, 0 to 1; None takes the adapter out of the UNet's way."""
        if scale == self._in_use:
            return
        unet = self._pipeline.unet
        # The UNet asks for a style as long as it has a projection.
        unet.encoder_hid_proj = None if scale is None else self._projection
        unet.config.encoder_hid_dim_type = None if scale is None else "ip_image_proj"
        unet.set_attn_processor(dict(self._plain if scale is None else self._adapted))
        if scale is not None:
            self._pipeline.set_ip_adapter_scale(scale)
        self._in_use = scale

    @torch.inference_mode(False)
    def _read(self) -> None:
        if self._adapted:
            return
        if self._files is None:
            raise RefusedError(NO_STYLE)
        unet, files = self._pipeline.unet, self._files
        self._plain = unet.attn_processors
        try:
            self._pipeline.load_ip_adapter(files.source, subfolder=files.subfolder, weight_name=files.weight_name)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            log.exception("the style adapter can't be loaded")
            raise RefusedError(
                "Style pictures can't be used now; describe the style in words, and tell the server's owner."
            ) from error
        self._projection, self._adapted = unet.encoder_hid_proj, unet.attn_processors
        self._in_use = 1.0
        self.use(None)
