"""The UNet and its text encoder, trained together on cached latents to predict the velocity v.

`python -m training.unet data/training/latents data/training/vae data/training/tokenizer data/training/unet --minutes 8`
trains for so long, or goes on from `state.pt` in the last folder, and writes the whole model to its `model` folder, in
the format of `StableDiffusionInpaintPipeline` and in half precision.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionInpaintPipeline, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import nn
from torch.nn import functional
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from engine.images import LATENT_CELL
from training.artwork import COLOURS, NOUNS
from training.latents import load_latents
from training.optimizers import Optimizers, zero_residual_outputs
from training.slices import Average, Training
from training.tokenizer import MAX_LENGTH

# UNet channels by the side of the latents: 128 and 256 pixels.
LEVELS = {16: (64, 96, 160), 32: (64, 96, 128, 128)}
TEXT_WIDTH = 128
BATCH = {"cuda": 512, "cpu": 96}
TOTAL_SAMPLES = 12_000_000
WITHOUT_CAPTION = 0.1
WITHOUT_PICTURE = 0.4
ABOUT_THE_MASK = 0.5
OUTSIDE, INSIDE, THING = 0.3, 1.0, 3.0
# How far the middle of the timesteps lies towards noise, in logits.
LATER = 0.4
# How many nouns and colours there are, with none of them; and how much their names count beside the velocity.
KINDS = (len(NOUNS) + 1, len(COLOURS) + 1)
NAMES_WEIGHT = 0.05
# First come scenes of one thing: so large a part of what is drawn, less and less until this part of the training.
SIMPLE, SIMPLE_UNTIL = 0.8, 0.6
# The highest learning rates of Muon and AdamW, and which part of them a model gets that begins from a trained one.
PEAKS = (0.02, 2e-3)
TRAINED_BEFORE = 0.3


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step learns from; `weight` is how much each latent cell counts, shape (n, 1, h, w).

    `covered` is the part of each cell that each thing covers, (n, 3, h, w); `named` their nouns and colours, (n, 3, 2).
    """

    latents: torch.Tensor
    mask: torch.Tensor
    masked_latents: torch.Tensor
    ids: torch.Tensor
    weight: torch.Tensor
    covered: torch.Tensor
    named: torch.Tensor


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
        self.names_head = nn.Conv2d(LEVELS[size][-1], sum(KINDS), 1)
        self.unet.up_blocks[0].register_forward_hook(self._keep_features)

    def forward(self, noisy: torch.Tensor, timesteps: torch.Tensor, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the velocity that is seen in noisy latents, (n, 4, h, w), and the names' logits in larger cells."""
        words = self.text_encoder(batch.ids).last_hidden_state
        velocity = self.unet(torch.cat([noisy, batch.mask, batch.masked_latents], dim=1), timesteps, words).sample
        return velocity, self.names_head(self._features)

    def _keep_features(self, _block: nn.Module, _inputs: Any, features: torch.Tensor) -> None:
        self._features = features


def _create_unet(size: int) -> Any:
    levels = LEVELS[size]
    inner = len(levels) - 1
    build: Any = UNet2DConditionModel
    unet = build(
        sample_size=size,
        in_channels=9,
        out_channels=4,
        block_out_channels=levels,
        layers_per_block=1,
        down_block_types=("DownBlock2D", *("CrossAttnDownBlock2D",) * inner),
        up_block_types=(*("CrossAttnUpBlock2D",) * inner, "UpBlock2D"),
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=4,  # diffusers means the number of heads
        norm_num_groups=16,
    )
    zero_residual_outputs(unet)
    nn.init.zeros_(unet.conv_out.weight)
    return unet


def create_scheduler() -> DDIMScheduler:
    """Return the noise schedule that the model is trained on, as it is shipped."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        timestep_spacing="trailing",
    )


def draw_batch(
    data: dict[str, torch.Tensor],
    empty: tuple[torch.Tensor, torch.Tensor],
    count: int,
    simple: float,
    generator: torch.Generator,
    device: str,
) -> Batch:
    """Draw scenes with their masks; the share `simple` of them of one thing at most.

    Some lose their whole picture, for text to image; of the others, half have a caption that tells only of what is
    masked; some lose their caption, for guidance. `empty` holds the latents of a picture that is masked throughout,
    and the ids of no caption.
    """
    index = torch.randint(len(data["ids"]), (count,), generator=generator)
    few = (data["named"][:, 1, 0] == 0).nonzero()[:, 0]
    chosen = torch.rand(count, generator=generator) < simple
    index = torch.where(chosen, few[torch.randint(len(few), (count,), generator=generator)], index)
    mask = data["masks"][index][:, None].float()
    masked_latents = data["masked_latents"][index].float()
    everything = (torch.rand(count, generator=generator) < WITHOUT_PICTURE) | (mask.flatten(1).amin(1) > 0)
    mask[everything] = 1
    masked_latents[everything] = empty[0]
    about_the_mask = ~everything & (torch.rand(count, generator=generator) < ABOUT_THE_MASK)
    ids = torch.where(about_the_mask[:, None], data["inside_ids"][index], data["ids"][index])
    ids[torch.rand(count, generator=generator) < WITHOUT_CAPTION] = empty[1]
    covered = data["covered"][index].float() / LATENT_CELL**2
    weight = torch.where(mask > 0, torch.where(covered.amax(1, keepdim=True) > 0, THING, INSIDE), OUTSIDE)
    latents = data["latents"][index].float()
    tensors = (latents, mask, masked_latents, ids, weight, covered, data["named"][index].long())
    return Batch(*(tensor.to(device, non_blocking=True) for tensor in tensors))


def draw_timesteps(count: int, steps: int) -> torch.Tensor:
    """Return timesteps, half of them from the middle, where it is decided what a thing becomes.

    The others are drawn evenly. Those of the middle are logit-normal, as in Esser et al. 2024, section 3.1.
    """
    share = torch.where(torch.rand(count) < 0.5, torch.rand(count), torch.sigmoid(torch.randn(count) + LATER))
    return (share * steps).long().clamp(max=steps - 1)


def denoising_loss(model: Denoiser, batch: Batch, alphas_cumprod: torch.Tensor) -> torch.Tensor:
    """Return the weighted squared error of the predicted velocity (Salimans and Ho 2022) at random timesteps."""
    latents = batch.latents
    timesteps = draw_timesteps(len(latents), len(alphas_cumprod)).to(latents.device)
    alpha = alphas_cumprod[timesteps][:, None, None, None]
    noise = torch.randn_like(latents)
    noisy = alpha.sqrt() * latents + (1 - alpha).sqrt() * noise
    velocity = alpha.sqrt() * noise - (1 - alpha).sqrt() * latents
    with torch.autocast(latents.device.type, torch.bfloat16):
        predicted, names = model(noisy, timesteps, batch)
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


def export(model: Denoiser, average: Average, vae: Path, tokenizer: Path, out: Path) -> None:
    """Write the averaged model as a diffusers folder in half precision."""
    shipped = Denoiser(model.unet.config.sample_size, model.text_encoder.config.vocab_size)
    average.copy_to(shipped)
    build: Any = StableDiffusionInpaintPipeline
    pipeline = build(
        vae=AutoencoderKL.from_pretrained(vae),
        text_encoder=shipped.text_encoder,
        tokenizer=CLIPTokenizer.from_pretrained(tokenizer),
        unet=shipped.unet,
        scheduler=create_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.to(dtype=torch.float16).save_pretrained(out)


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
    device = "cuda" if torch.cuda.is_available() else "cpu"
    out.mkdir(parents=True, exist_ok=True)
    data = load_latents(latents)
    words = CLIPTokenizer.from_pretrained(tokenizer)
    empty = (_masked_throughout(vae, data["latents"].shape[-1]), torch.as_tensor(_no_caption(words)))
    model = Denoiser(data["latents"].shape[-1], len(words))
    gentle = 1.0
    if start:
        gentle = TRAINED_BEFORE
        model.unet.load_state_dict(UNet2DConditionModel.from_pretrained(start / "unet").state_dict())
        model.text_encoder.load_state_dict(CLIPTextModel.from_pretrained(start / "text_encoder").state_dict())
    model = model.to(device)
    if device == "cpu":
        # Backwards, the CPU's fused attention takes more than twice as long as plain matrices.
        model.unet.set_attn_processor(AttnProcessor())
    muon_lr, adam_lr = (gentle * peak for peak in PEAKS)
    training = Training(out / "state.pt", model, Optimizers(model, muon_lr=muon_lr, adam_lr=adam_lr), device)
    torch.manual_seed(training.samples)
    generator = torch.Generator().manual_seed(training.samples)
    alphas_cumprod = create_scheduler().alphas_cumprod.to(device)

    def step() -> tuple[torch.Tensor, int]:
        simple = 0.0 if start else SIMPLE * max(0.0, 1 - training.samples / (SIMPLE_UNTIL * total_samples))
        batch = draw_batch(data, empty, BATCH[device], simple, generator, device)
        return denoising_loss(model, batch, alphas_cumprod), len(batch.ids)

    training.run(step, minutes=minutes, total_samples=total_samples)
    export(model, training.average, vae, tokenizer, out / "model")
    typer.echo(f"{training.samples} samples; the model is in {out / 'model'}")


@torch.inference_mode()
def _masked_throughout(vae: Path, size: int) -> torch.Tensor:
    coder: Any = AutoencoderKL.from_pretrained(vae)
    nothing = torch.zeros(1, 3, size * 8, size * 8)
    return coder.encode(nothing).latent_dist.mode()[0] * coder.config.scaling_factor


def _no_caption(tokenizer: CLIPTokenizer) -> list[int]:
    return list(tokenizer("", padding="max_length").input_ids)


if __name__ == "__main__":
    typer.run(train)
