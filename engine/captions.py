"""What a picture shows, in words that would paint one like it."""

import logging
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import torch
from PIL import Image
from transformers import BlipForConditionalGeneration, BlipProcessor

from engine.models.source import ModelUnavailableError
from engine.refusal import RefusedError
from engine.regions.fetched import fetched
from engine.regions.text_to_mask import TextToMask

log = logging.getLogger(__name__)

BLIP = "Salesforce/blip-image-captioning-base"
PROMPTS = 3
LONGEST = 40
NO_CAPTIONER = "I can't describe pictures, because what does it could not be fetched; the owner's log says why."
OTHER_WORLD = "I see nothing in this picture that the model in use could paint; describe it in your own words."
ONLY_THINGS = "The model in use names the things of its own world; style and place are yours to add."


class Captioner:
    """Describes pictures: with the painting model's own head, where it has one, otherwise with BLIP (Li et al. 2022).

    That is loaded when it is first needed, and kept.
    """

    def __init__(self, head: TextToMask | None, colours: tuple[str, ...], device: str, blip: str = BLIP) -> None:
        """Take the head with the names of its world's colours, and the Hub id or folder of a BLIP captioner."""
        self._head = head
        self._colours = colours
        self._device = device
        self._blip_name = blip

    def describe(self, picture: Image.Image) -> tuple[tuple[str, ...], str]:
        """Return prompts for a picture in RGB, the most likely first, and what to know of them. Raises RefusedError."""
        if self._head is None:
            return self._written(picture), ""
        things = list(self._things(self._head, picture))
        if not things:
            raise RefusedError(OTHER_WORLD)
        prompts = (" and ".join(things), " next to ".join(things), things[0])
        return tuple(dict.fromkeys(prompts)), ONLY_THINGS

    def _things(self, head: TextToMask, picture: Image.Image) -> Iterator[str]:
        """Yield the things of a picture with their colours, the largest first."""
        for noun in head.seen(picture, head.nouns)[:PROMPTS]:
            [thing, *_] = [*head.seen(picture, [f"{colour} {noun}" for colour in self._colours]), noun]
            yield f"{'an' if thing[0] in 'aeiou' else 'a'} {thing}"

    @torch.inference_mode()
    def _written(self, picture: Image.Image) -> tuple[str, ...]:
        try:
            processor, network = self._blip
        except ModelUnavailableError as error:
            log.warning("BLIP can't be had: %s", error)
            raise RefusedError(NO_CAPTIONER) from error
        inputs = processor(images=picture, return_tensors="pt").to(self._device)
        written = network.generate(
            **inputs, num_beams=2 * PROMPTS, num_return_sequences=PROMPTS, max_new_tokens=LONGEST
        )
        texts = (text.strip() for text in processor.batch_decode(written, skip_special_tokens=True))
        return tuple(dict.fromkeys(text for text in texts if text))

    @cached_property
    def _blip(self) -> tuple[Any, Any]:
        return fetched(self._blip_name, BlipProcessor, BlipForConditionalGeneration, self._device)
