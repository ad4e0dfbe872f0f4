"""Questions to the engine about pictures and prompts."""

import asyncio
from collections.abc import Sequence

from PIL import Image

from bot.core.engine_errors import asking
from bot.imaging.images import to_png
from engine.api.client import Engine

# Shares of a prompt's total importance that the shorter prompts keep.
KEPT_SHARES = (0.9, 0.75, 0.5)


class IdeaService:
    """Asks the engine about pictures and prompts; an engine error becomes a UserError with a sentence."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def prompts_of(self, picture: Image.Image) -> tuple[tuple[str, ...], str]:
        """Return prompts for a picture, the most likely first, and a note for the member or an empty string.

        Raises UserError if the engine gives no answer.
        """
        with asking(self._engine):
            described = await self._engine.describe(await asyncio.to_thread(to_png, picture))
        return described.prompts, described.note

    async def weighed(self, prompt: str) -> tuple[tuple[str, float], ...]:
        """Return the words of a prompt in order, each with its share, 0 to 1, of the total importance.

        Raises UserError if the engine gives no answer.
        """
        with asking(self._engine):
            return (await self._engine.weigh(prompt)).words

    def shorter(self, words: Sequence[tuple[str, float]]) -> list[str]:
        """Return prompts of the most important words in their original order, the longest prompt first.

        There is at most one prompt for each of KEPT_SHARES; duplicates and the complete prompt are left out.
        """
        by_share = sorted(range(len(words)), key=lambda number: -words[number][1])
        prompts = []
        for kept in KEPT_SHARES:
            chosen: list[int] = []
            while by_share[len(chosen) :] and sum(words[number][1] for number in chosen) < kept:
                chosen.append(by_share[len(chosen)])
            prompts.append(" ".join(words[number][0] for number in sorted(chosen)).rstrip(",;:"))
        complete = " ".join(word for word, _ in words)
        return [prompt for prompt in dict.fromkeys(prompts) if prompt and prompt != complete]
