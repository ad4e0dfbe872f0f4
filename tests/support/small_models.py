"""Small untrained models in the folder formats of large ones, and the starter."""

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    SD3Transformer2DModel,
    StableDiffusion3InpaintPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionXLInpaintPipeline,
    UNet2DConditionModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
)

from engine.models.source import STARTER
from training.unet import create_scheduler

WIDTH = 32


def save_small_xl(folder: Path) -> None:
    """Save an untrained SDXL for pictures of 256 px, with the starter's VAE and tokenizer."""
    tokenizer, text = _words()
    build: Any = UNet2DConditionModel
    unet = build(
        sample_size=32,
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


def save_small_sd3(folder: Path) -> None:
    """Save an untrained Stable Diffusion 3 for pictures of 64 px: a transformer with flow matching, and no UNet."""
    tokenizer, text = _words()
    autoencoder: Any = AutoencoderKL
    transformer: Any = SD3Transformer2DModel
    build: Any = StableDiffusion3InpaintPipeline
    pipeline = build(
        transformer=transformer(
            sample_size=8,
            patch_size=1,
            in_channels=16,
            out_channels=16,
            num_layers=1,
            attention_head_dim=8,
            num_attention_heads=4,
            joint_attention_dim=2 * WIDTH,
            caption_projection_dim=WIDTH,
            pooled_projection_dim=2 * WIDTH,
        ),
        vae=autoencoder(
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(8, 8, 8, 8),
            latent_channels=16,
            norm_num_groups=8,
            shift_factor=0.06,
        ),
        text_encoder=CLIPTextModelWithProjection(text),
        text_encoder_2=CLIPTextModelWithProjection(text),
        text_encoder_3=T5EncoderModel(
            T5Config(vocab_size=len(tokenizer), d_model=2 * WIDTH, d_kv=8, d_ff=WIDTH, num_layers=1, num_heads=2)
        ),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        tokenizer_3=tokenizer,
        scheduler=FlowMatchEulerDiscreteScheduler(),
    )
    pipeline.save_pretrained(folder)


def _words() -> tuple[CLIPTokenizer, CLIPTextConfig]:
    tokenizer = CLIPTokenizer.from_pretrained(STARTER / "tokenizer")
    return tokenizer, CLIPTextConfig(
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


def starter_pipeline() -> Any:
    """Return the starter as diffusers loads it, in full precision."""
    pipeline: Any = StableDiffusionInpaintPipeline.from_pretrained(
        STARTER, dtype=torch.float32, safety_checker=None, requires_safety_checker=False
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
