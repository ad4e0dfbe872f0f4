"""Finding the region that words or a point in a picture refer to."""

import asyncio

from PIL import Image

from bot.core.errors import MaskError
from bot.core.i18n import _
from bot.imaging.images import to_png
from bot.imaging.masks import Region, region_from_png, region_from_word
from engine.api.client import Engine, EngineDiedError, UnansweredError
from engine.api.messages import Ready
from engine.api.places import REGION_NAMES


class RegionFinder:
    """Finder of regions by words or by a point; the names of REGION_NAMES need no engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def by_words(self, picture: Image.Image, words: str, invert: bool = False) -> Region:
        """Return the named region or the region of a described thing; with `invert`, the rest of the picture.

        Raises MaskError if the engine isn't ready, dies or finds nothing.
        """
        if words.strip().lower() in REGION_NAMES:
            return await asyncio.to_thread(region_from_word, words, picture.size, invert)
        return await self._find(picture, invert, description=words)

    async def at(self, picture: Image.Image, point: tuple[float, float]) -> Region:
        """Return the region of the thing at a point (x, y), in fractions of width and height from the upper left.

        Raises MaskError if the engine isn't ready, dies or finds nothing.
        """
        return await self._find(picture, invert=False, at=point)

    async def _find(
        self, picture: Image.Image, invert: bool, description: str = "", at: tuple[float, float] | None = None
    ) -> Region:
        if not isinstance(self._engine.state, Ready):
            raise MaskError(
                _("I can't look for things yet, the model is getting ready; try again in a while, or name a place.")
            )
        try:
            found = await self._engine.find_region(await asyncio.to_thread(to_png, picture), description, at)
        except UnansweredError as error:
            raise MaskError(str(error)) from error
        except EngineDiedError as error:
            raise MaskError(_("The painter stumbled while looking for that; try again.")) from error
        region = await asyncio.to_thread(region_from_png, found.mask_image, invert)
        return Region(region.mask_image, found.note)
