"""The UNet and its text encoder, trained together on cached latents to predict the velocity v.

`python -m training.unet data/training/latents data/training/vae data/training/tokenizer data/training/unet --minutes 8`
trains for so long, or goes on from `state.pt` in the last folder, and writes the whole model to its `model` folder, in
the format of `StableDiffusionInpaintPipeline` and in half precision.
"""

from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionInpaintPipeline, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import nn
from torch.nn import functional
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from training.artwork import COLOURS, NOUNS
from training.batches import Batch, Scenes
from training.latents import load_latents
from training.optimizers import Optimizers, zero_residual_outputs
from training.resumable import Training
from training.tokenizer import MAX_LENGTH

LEVELS = (64, 96, 112)
# Attention heads of each level, 16 channels wide.
HEADS = (4, 6, 7)
TEXT_WIDTH = 128
BATCH = {"cuda": 512, "cpu": 96}
TOTAL_SAMPLES = 4_000_000
# How many nouns and colours there are, with none of them; and how much their names count beside the velocity.
KINDS = (len(NOUNS) + 1, len(COLOURS) + 1)
NAMES_WEIGHT = 0.05
# First come scenes of one thing: so large a part of what is drawn, less and less until this part of the training.
SIMPLE, SIMPLE_UNTIL = 0.8, 0.6
# The highest learning rates of Muon and AdamW, and which part of them a model gets that begins from a trained one.
PEAKS = (0.02, 2e-3)
TRAINED_BEFORE = 0.3


class Denoiser(nn.Module):
    """UNet and text encoder as one module, and a head that only the training has.

    The head tells from the middle of the UNet which noun and which colour shows where. It is told the truth about every
    scene, and so the UNet learns sooner which word belongs to which place.
    """

    def __init__(self, size: int, vocabulary: int) -> None:
        super().__init__()
        self.unet = _create_unet(size)
        self.text_encoder = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=vocabulary,
                hidden_size=TEXT_WIDTH,
                intermediate_size=4 * TEXT_WIDTH,
                num_hidden_layers=2,
                num_attention_heads=4,
                max_position_embeddings=MAX_LENGTH,
                projection_dim=TEXT_WIDTH,
                bos_token_id=0,
                eos_token_id=1,
                pad_token_id=1,
            )
        )
        for part in self.text_encoder.modules():
            if isinstance(part, nn.Embedding):
                nn.init.normal_(part.weight, std=0.3 if part.num_embeddings > MAX_LENGTH else 0.1)
        self.names_head = nn.Conv2d(LEVELS[-1], sum(KINDS), 1)
        self.unet.up_blocks[0].register_forward_hook(self._keep_features)

    def forward(
        self, inputs: torch.Tensor, timesteps: torch.Tensor, ids: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the velocity that is seen in noisy latents, (n, 4, h, w), and the names' logits in larger cells.

        `inputs` are the UNet's: noisy latents, mask and masked latents, (n, 9, h, w).
        """
        velocity = self.unet(inputs, timesteps, self.text_encoder(ids).last_hidden_state).sample
        return velocity, self.names_head(self._features)

    def _keep_features(self, _block: nn.Module, _inputs: Any, features: torch.Tensor) -> None:
        self._features = features


def _create_unet(size: int) -> Any:
    inner = len(LEVELS) - 1
    build: Any = UNet2DConditionModel
    unet = build(
        sample_size=size,
        in_channels=9,
        out_channels=4,
        block_out_channels=LEVELS,
        layers_per_block=2,
        down_block_types=("DownBlock2D", *("CrossAttnDownBlock2D",) * inner),
        up_block_types=(*("CrossAttnUpBlock2D",) * inner, "UpBlock2D"),
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=HEADS,  # diffusers means their number
        norm_num_groups=16,
    )
    zero_residual_outputs(unet)
    nn.init.zeros_(unet.conv_out.weight)
    return unet


def create_scheduler() -> DDIMScheduler:
    """Return the noise schedule that the model is trained on, as it is shipped."""
    return DDIMScheduler(
        beta_start=0.00085,
        # Stable Diffusion's 0.012 leaves larger latents, whose noise averages out, too much of the picture at the end.
        beta_end=0.02,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        timestep_spacing="trailing",
    )


def denoising_loss(
    model: Denoiser, batch: Batch, timesteps: torch.Tensor, alphas_cumprod: torch.Tensor
) -> torch.Tensor:
    """Return the weighted squared error of the predicted velocity (Salimans and Ho 2022) at these timesteps, (n)."""
    latents = batch.latents
    alpha = alphas_cumprod[timesteps][:, None, None, None]
    noise = torch.randn_like(latents)
    noisy = alpha.sqrt() * latents + (1 - alpha).sqrt() * noise
    velocity = alpha.sqrt() * noise - (1 - alpha).sqrt() * latents
    with torch.autocast(latents.device.type, torch.bfloat16):
        inputs = torch.cat([noisy, batch.mask, batch.masked_latents], dim=1)
        predicted, names = model(inputs, timesteps, batch.ids)
    error = (predicted.float() - velocity).square() * batch.weight
    return error.mean() / batch.weight.mean() + NAMES_WEIGHT * names_loss(names.float(), batch)


def names_loss(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Return the cross-entropy of nouns and colours in every cell of the logits, (n, nouns and colours, h, w)."""
    covered = functional.interpolate(batch.covered, logits.shape[-2:], mode="area")
    shares = torch.cat([1 - covered.sum(1, keepdim=True), covered], dim=1)
    named = functional.pad(batch.named, (0, 0, 1, 0))  # The first is none, where no thing is.
    loss = torch.zeros((), device=logits.device)
    for kind, part in enumerate(logits.split(KINDS, dim=1)):
        index = named[:, :, kind, None, None].expand_as(shares)
        loss = loss - (part.log_softmax(1).gather(1, index) * shares).sum(1).mean()
    return loss


class UNetTraining:
    """One training of the UNet and its text encoder, which goes on where `state.pt` in its folder stopped.

    `vae` and `tokenizer` are the folders of those that made the latents. It may begin from a trained model with the
    same VAE and words, `start`; the learning rate is gentler then, and no curriculum is gone through. Compiled, it is
    faster on a GPU, after a minute.
    """

    def __init__(
        self, latents: Path, vae: Path, tokenizer: Path, out: Path, *, start: Path | None = None, compiled: bool = False
    ) -> None:
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self._vae, self._out, self._start = vae, out, start
        out.mkdir(parents=True, exist_ok=True)
        data = load_latents(latents)
        self._size = data["latents"].shape[-1]
        self._words = CLIPTokenizer.from_pretrained(tokenizer)
        no_caption = torch.as_tensor(self._words("", padding="max_length").input_ids)
        self._empty = (_masked_throughout(vae, self._size), no_caption)
        self._scenes = Scenes(data, self._empty, self.device)
        self._alphas_cumprod = create_scheduler().alphas_cumprod.to(self.device)
        model: Any = Denoiser(self._size, len(self._words))
        self.model: Denoiser = model.to(self.device, memory_format=torch.channels_last)
        if start:
            unet, text_encoder = (
                kind.from_pretrained(start / name).state_dict()
                for kind, name in ((UNet2DConditionModel, "unet"), (CLIPTextModel, "text_encoder"))
            )
            self.model.unet.load_state_dict(unet)
            self.model.text_encoder.load_state_dict(text_encoder)
        if compiled:
            self.model.compile()
        if self.device == "cpu":
            # Backwards, the CPU's fused attention takes more than twice as long as plain matrices.
            self.model.unet.set_attn_processor(AttnProcessor())
        muon_lr, adam_lr = (peak * (TRAINED_BEFORE if start else 1.0) for peak in PEAKS)
        optimizers = Optimizers(self.model, muon_lr=muon_lr, adam_lr=adam_lr)
        self._training = Training(out / "state.pt", self.model, optimizers, self.device)

    @property
    def samples(self) -> int:
        """How many samples it has seen, over all slices."""
        return self._training.samples

    def load(self, latents: Path) -> None:
        """Take the scenes that are in this folder now."""
        self._scenes = Scenes(load_latents(latents), self._empty, self.device)

    def run(self, minutes: float, total_samples: int) -> None:
        """Train for so long, or to the end."""
        # No slice draws what another has drawn.
        torch.manual_seed(self.samples)
        self._scenes.seed(self.samples)

        def step() -> tuple[torch.Tensor, int]:
            count = BATCH[self.device]
            left = 0.0 if self._start else max(0.0, 1 - self.samples / (SIMPLE_UNTIL * total_samples))
            batch = self._scenes.draw(count, SIMPLE * left)
            timesteps = self._scenes.timesteps(count, len(self._alphas_cumprod))
            return denoising_loss(self.model, batch, timesteps, self._alphas_cumprod), count

        self._training.run(step, minutes=minutes, total_samples=total_samples)

    def export(self) -> Path:
        """Write the averaged model as a diffusers folder in half precision, and return where."""
        shipped = Denoiser(self._size, len(self._words))
        self._training.average.copy_to(shipped)
        build: Any = StableDiffusionInpaintPipeline
        pipeline = build(
            vae=AutoencoderKL.from_pretrained(self._vae),
            text_encoder=shipped.text_encoder,
            tokenizer=self._words,
            unet=shipped.unet,
            scheduler=create_scheduler(),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
        pipeline.to(dtype=torch.float16).save_pretrained(self._out / "model")
        return self._out / "model"


def train(
    latents: Path,
    vae: Path,
    tokenizer: Path,
    out: Path,
    minutes: Annotated[float, typer.Option(help="How long this slice may take")] = 8.0,
    total_samples: Annotated[int, typer.Option(help="The whole training, over all slices")] = TOTAL_SAMPLES,
    start: Annotated[Path | None, typer.Option(help="A model to begin from, made with the same VAE and words")] = None,
) -> None:
    """Train for one slice, or to the end."""
    training = UNetTraining(latents, vae, tokenizer, out, start=start)
    training.run(minutes, total_samples)
    typer.echo(f"{training.samples} samples; the model is in {training.export()}")


@torch.inference_mode()
def _masked_throughout(vae: Path, size: int) -> torch.Tensor:
    coder: Any = AutoencoderKL.from_pretrained(vae)
    nothing = torch.zeros(1, 3, size * 8, size * 8)
    return coder.encode(nothing).latent_dist.mode()[0] * coder.config.scaling_factor


if __name__ == "__main__":
    typer.run(train)
