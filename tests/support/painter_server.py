"""A painter on a real port, with drafts in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import unused_port
from PIL import Image

from bot.core.errors import UserError
from bot.web.links import PainterLinks
from bot.web.painter import PainterPage, add_painter
from bot.web.server import serving
from tests.support.images import meadow, png

DRAFT = 7
NONCE = "good-for-one-use"


@dataclass
class DraftsInMemory:
    """A desk with the drafts of one test, each good for one region."""

    sheets: dict[tuple[int, str], PainterPage] = field(default_factory=dict)
    taken: list[tuple[Image.Image, int]] = field(default_factory=list)
    refusal: UserError | None = None
    is_used_meanwhile: bool = False

    async def sheet(self, draft_id: int, nonce: str) -> PainterPage | None:
        return self.sheets.get((draft_id, nonce))

    async def take_mask(self, draft_id: int, nonce: str, mask_image: Image.Image, feather: int) -> bool:
        if self.refusal:
            raise self.refusal
        if self.is_used_meanwhile or self.sheets.pop((draft_id, nonce), None) is None:
            return False
        self.taken.append((mask_image, feather))
        return True


@dataclass
class Studio:
    """A served painter, its links and its desk."""

    links: PainterLinks
    desk: DraftsInMemory

    def link(
        self,
        picture: Image.Image | None = None,
        mask: Image.Image | None = None,
        feather: int = 0,
        prompt: str = "a cat",
    ) -> str:
        """Open a draft with a picture, the meadow where none is named; return the link to its painter."""
        picture = picture or meadow()
        mask = mask or Image.new("L", picture.size)
        self.desk.sheets[DRAFT, NONCE] = PainterPage(png(picture), png(mask), feather, prompt)
        return self.links.url(DRAFT, NONCE)


@asynccontextmanager
async def studio() -> AsyncIterator[Studio]:
    """Serve a painter inside the block."""
    port = unused_port()
    links, desk = PainterLinks(b"secret", f"http://127.0.0.1:{port}"), DraftsInMemory()
    app = web.Application()
    add_painter(app, links, desk)
    async with serving(app, "127.0.0.1", port):
        yield Studio(links, desk)
