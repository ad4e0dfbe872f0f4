"""Prompts as embeddings: long ones in windows, words with their weights, known ones from memory."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch

from engine.prompts import weighted_words

REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class Words:
    """Encoded prompts: `embeddings` (prompts, tokens, width), and, of SDXL, `pooled` (prompts, width)."""

    embeddings: torch.Tensor
    pooled: torch.Tensor | None = None


class PromptEncoder:
    """A model's tokenizers and text encoders, for prompts of any length.

    One pair is Stable Diffusion's, whose last layer counts. Two are SDXL's: of both the last layer but one, side by
    side, and the pooled output of the second.
    """

    def __init__(self, pairs: Sequence[tuple[Any, Any]], device: str) -> None:
        self._pairs = pairs
        self._device = device
        self._remembered = lru_cache(REMEMBERED)(self._encode)

    @property
    def window(self) -> int:
        """How many tokens the text encoder takes at once, begin and end among them."""
        tokenizer, _ = self._pairs[0]
        return tokenizer.model_max_length

    def encode(self, texts: list[str], variant: Hashable = ()) -> Words:
        """Return the embeddings of prompts; `variant` tells apart what changes the encoders, as LoRA weights do.

        A prompt that doesn't fit the encoder's window is encoded in several, one after the other; all get as many
        windows as the longest needs. Words are weighted as in the field's other tools: their embeddings are
        multiplied, and the whole is scaled back to the length it had.
        """
        windows = max(len(self._windows(text, self._pairs[0][0])) for text in texts)
        encoded = [self._remembered(text, windows, variant) for text in texts]
        pooled = [words.pooled for words in encoded if words.pooled is not None]
        return Words(torch.cat([words.embeddings for words in encoded]), torch.cat(pooled) if pooled else None)

    def _windows(self, text: str, tokenizer: Any) -> list[list[tuple[int, float]]]:
        """Return the tokens with their weights, cut to what fits between begin and end; at least one window."""
        tokens = [
            (token, weight)
            for piece, weight in weighted_words(text)
            for token in tokenizer(piece, add_special_tokens=False, verbose=False).input_ids
        ]
        room = tokenizer.model_max_length - 2
        return [tokens[start : start + room] for start in range(0, len(tokens), room)] or [[]]

    @torch.inference_mode()
    def _encode(self, text: str, windows: int, _variant: Hashable) -> Words:
        embeddings, pooled = [], None
        for tokenizer, encoder in self._pairs:
            cut = self._windows(text, tokenizer)
            parts = [self._encode_window(tokens, tokenizer, encoder) for tokens in cut + [[]] * (windows - len(cut))]
            embeddings.append(torch.cat([part.embeddings for part in parts], dim=1))
            pooled = parts[0].pooled
        return Words(torch.cat(embeddings, dim=-1), pooled)

    def _encode_window(self, tokens: list[tuple[int, float]], tokenizer: Any, encoder: Any) -> Words:
        begin, end, pad = (getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad"))
        ids = [begin, *(token for token, _ in tokens), end]
        length = tokenizer.model_max_length
        padded = torch.tensor([ids + [pad] * (length - len(ids))], device=self._device)
        if len(self._pairs) == 1:
            mask = None
            if getattr(encoder.config, "use_attention_mask", False):
                mask = (torch.arange(length, device=self._device) < len(ids)).long()[None]
            words = Words(encoder(padded, attention_mask=mask)[0].to(encoder.dtype))
        else:
            output = encoder(padded, output_hidden_states=True)
            words = Words(output.hidden_states[-2], output[0] if output[0].ndim == 2 else None)
        return Words(_weighted(words.embeddings, [weight for _, weight in tokens]), words.pooled)


def weigh(encoder: PromptEncoder, prompt: str) -> tuple[tuple[str, float], ...]:
    """Return the words of a prompt, each with its share of all that they matter, 0 to 1.

    By ablation: how far the mean of the prompt's embeddings turns (one minus the cosine) when the word is left out.
    """
    words = prompt.split()
    without = [" ".join(words[:number] + words[number + 1 :]) for number in range(len(words))]
    encoded = encoder.encode([" ".join(words), *without]).embeddings.float().mean(dim=1)
    turned = (1 - torch.nn.functional.cosine_similarity(encoded[:1], encoded[1:])).clamp(min=0).tolist()
    total = sum(turned) or 1.0
    return tuple((word, each / total) for word, each in zip(words, turned, strict=True))


def _weighted(embeddings: torch.Tensor, weights: list[float]) -> torch.Tensor:
    """Return embeddings (1, tokens, width) with the tokens after the first weighted."""
    if all(weight == 1 for weight in weights):
        return embeddings
    factors = torch.ones(embeddings.shape[1], device=embeddings.device, dtype=embeddings.dtype)
    factors[1 : 1 + len(weights)] = torch.tensor(weights, device=embeddings.device, dtype=embeddings.dtype)
    weighted = embeddings * factors[None, :, None]
    return weighted * (embeddings.norm() / weighted.norm())
