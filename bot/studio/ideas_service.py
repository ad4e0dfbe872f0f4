"""What the engine says of pictures and prompts."""

import asyncio
from collections.abc import Sequence

from PIL import Image

from bot.core.engine_errors import asking
from bot.imaging.images import to_png
from engine.client import Engine

# How much of a prompt's weight the shorter ones keep.
KEPT = (0.9, 0.75, 0.5)


class IdeaService:
    """Asks the engine, and says in a sentence where there is no answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def prompts_of(self, picture: Image.Image) -> tuple[tuple[str, ...], str]:
        """Return prompts for a picture, and what to know of them. Raises UserError."""
        with asking(self._engine):
            described = await self._engine.describe(await asyncio.to_thread(to_png, picture))
        return described.prompts, described.note

    async def weighed(self, prompt: str) -> tuple[tuple[str, float], ...]:
        """Return the words of a prompt with their shares of all that they matter. Raises UserError."""
        with asking(self._engine):
            return (await self._engine.weigh(prompt)).words

    def shorter(self, words: Sequence[tuple[str, float]]) -> list[str]:
        """Return ever shorter prompts, of the words that matter most, in their order."""
        by_share = sorted(range(len(words)), key=lambda number: -words[number][1])
        prompts = []
        for kept in KEPT:
            chosen: list[int] = []
            while by_share[len(chosen) :] and sum(words[number][1] for number in chosen) < kept:
                chosen.append(by_share[len(chosen)])
            prompts.append(" ".join(words[number][0] for number in sorted(chosen)).rstrip(",;:"))
        everything = " ".join(word for word, _ in words)
        return [prompt for prompt in dict.fromkeys(prompts) if prompt and prompt != everything]
