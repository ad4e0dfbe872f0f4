"""Prompts as embeddings: long ones in windows, words with their weights, known ones from memory."""

from functools import lru_cache
from typing import Any

import torch

from engine.prompts import weighted_words

REMEMBERED = 256


class PromptEncoder:
    """A model's tokenizer and text encoder, for prompts of any length."""

    def __init__(self, tokenizer: Any, text_encoder: Any) -> None:
        self._tokenizer = tokenizer
        self._text_encoder = text_encoder
        self._remembered = lru_cache(REMEMBERED)(self._encode)

    @property
    def window(self) -> int:
        """How many tokens the text encoder takes at once, begin and end among them."""
        return self._tokenizer.model_max_length

    def encode(self, texts: list[str]) -> torch.Tensor:
        """Return the embeddings of prompts, (prompts, tokens, width).

        A prompt that doesn't fit the encoder's window is encoded in several, one after the other; all get as many
        windows as the longest needs. Words are weighted as in the field's other tools: their embeddings are
        multiplied, and the whole is scaled back to the length it had.
        """
        windows = max(len(self._windows(text)) for text in texts)
        return torch.cat([self._remembered(text, windows) for text in texts])

    def _windows(self, text: str) -> list[list[tuple[int, float]]]:
        """Return the tokens with their weights, cut to what fits between begin and end; at least one window."""
        tokens = [
            (token, weight)
            for piece, weight in weighted_words(text)
            for token in self._tokenizer(piece, add_special_tokens=False, verbose=False).input_ids
        ]
        room = self.window - 2
        return [tokens[start : start + room] for start in range(0, len(tokens), room)] or [[]]

    @torch.inference_mode()
    def _encode(self, text: str, windows: int) -> torch.Tensor:
        cut = self._windows(text)
        return torch.cat([self._encode_window(tokens) for tokens in cut + [[]] * (windows - len(cut))], dim=1)

    def _encode_window(self, tokens: list[tuple[int, float]]) -> torch.Tensor:
        begin, end, pad = (getattr(self._tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad"))
        ids = [begin, *(token for token, _ in tokens), end]
        device = self._text_encoder.device
        padded = torch.tensor([ids + [pad] * (self.window - len(ids))], device=device)
        mask = None
        if getattr(self._text_encoder.config, "use_attention_mask", False):
            mask = (torch.arange(self.window, device=device) < len(ids)).long()[None]
        embeddings = self._text_encoder(padded, attention_mask=mask)[0].to(self._text_encoder.dtype)
        weights = [weight for _, weight in tokens]
        if all(weight == 1 for weight in weights):
            return embeddings
        factors = torch.ones(self.window, device=device, dtype=embeddings.dtype)
        factors[1 : 1 + len(weights)] = torch.tensor(weights, device=device, dtype=embeddings.dtype)
        weighted = embeddings * factors[None, :, None]
        return weighted * (embeddings.norm() / weighted.norm())
