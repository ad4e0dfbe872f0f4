"""Small untrained models in the folder formats of large ones."""

from pathlib import Path
from typing import Any

from diffusers import AutoencoderKL, StableDiffusionXLInpaintPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from engine.models.source import STARTER
from training.unet import create_scheduler

WIDTH = 32


def save_small_xl(folder: Path) -> None:
    """Save an untrained SDXL for pictures of 128 px, with the starter's VAE and tokenizer."""
    tokenizer = CLIPTokenizer.from_pretrained(STARTER / "tokenizer")
    text = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=tokenizer.model_max_length,
        projection_dim=WIDTH,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    build: Any = UNet2DConditionModel
    unet = build(
        sample_size=16,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=2 * WIDTH,
        attention_head_dim=4,
        norm_num_groups=8,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + WIDTH,
    )
    pipeline: Any = StableDiffusionXLInpaintPipeline(
        vae=AutoencoderKL.from_pretrained(STARTER / "vae"),
        text_encoder=CLIPTextModel(text),
        text_encoder_2=CLIPTextModelWithProjection(text),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=unet,
        scheduler=create_scheduler(),  # pyright: ignore[reportArgumentType]
    )
    pipeline.save_pretrained(folder)
