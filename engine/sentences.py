"""What prompts mean, as vectors: all-MiniLM-L6-v2 (Wang et al. 2020; Reimers and Gurevych 2019).

Its tokens' mean, scaled to length 1, as its card says: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from transformers import AutoTokenizer, BertModel

from engine.api.sentence_model import sentence_model
from engine.models.loras import take_loras
from engine.prompts import split_parts, weighted_words
from engine.refusal import RefusedError

MOST_TOKENS = 256
NOT_INSTALLED = "I know only words here, not what they mean; the owner can add what it takes."


class Sentences:
    """Reads sentences, in English at best. The model is loaded when it is first needed, and kept.

    It computes on the processor, where a query takes some hundredths of a second: graphics memory is for painting.
    """

    @torch.inference_mode()
    def embed(self, prompts: Sequence[str]) -> tuple[bytes, ...]:
        """Return the vectors of prompts: 384 numbers in float16, of length 1. Raises RefusedError."""
        tokenizer, network = self._model
        texts = [meant(prompt) for prompt in prompts]
        inputs = tokenizer(texts, padding=True, truncation=True, max_length=MOST_TOKENS, return_tensors="pt")
        counts = inputs["attention_mask"][..., None].float()
        means = (network(**inputs).last_hidden_state * counts).sum(dim=1) / counts.sum(dim=1)
        vectors = torch.nn.functional.normalize(means, dim=1)
        return tuple(row.tobytes() for row in vectors.numpy().astype("<f2"))

    @cached_property
    def _model(self) -> tuple[Any, Any]:
        folder = sentence_model()
        if folder is None:
            raise RefusedError(NOT_INSTALLED)
        return AutoTokenizer.from_pretrained(folder), BertModel.from_pretrained(folder, dtype=torch.float32).eval()


def meant(prompt: str) -> str:
    """Return a prompt's words alone, without weights, places' bars, LoRA tags, and what it shall not show."""
    text, _ = take_loras(prompt)
    try:
        parts = [part.text for part in split_parts(text) if part.weight > 0]
    except RefusedError:
        # Painted by a model that takes prompts as they are.
        parts = [text]
    return " ".join("".join(piece for piece, _ in weighted_words(part)) for part in parts)
