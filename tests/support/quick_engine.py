"""An engine stub that finishes at once and dies on the prompt 'poison'."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from engine.api.client import EngineDiedError
from engine.api.messages import Finished, GenerationRequest, Image, Progress, Ready, RequestEvent
from tests.support.images import meadow, png

PICTURE = png(meadow(16, 16))


@dataclass
class QuickEngine:
    """Paints at once, and dies over a prompt that is poison, with all that it has."""

    state: Any = field(default_factory=lambda: Ready("quick", "cpu", "fp32", 64))
    deaths: int = 0
    embeds: bool = False

    async def wait_ready(self) -> None:
        pass

    async def cancel(self, _request_id: int) -> None:
        pass

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[RequestEvent, None]:
        yield Progress(request.id, 1, 2, 0.0)
        if request.parameters.prompt == "poison":
            self.deaths += 1
            raise EngineDiedError
        yield Finished(request.id, (Image(PICTURE, request.parameters.seed, 16, 16, 0.0),), "quick", 0.01)
