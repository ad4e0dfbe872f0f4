"""From the card to the painter's page and back."""

import re
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import unused_port
from PIL import ImageChops

from bot.config import Settings
from tests.support.cards import card_buttons, card_text
from tests.support.images import ellipse, meadow, opened, png
from tests.support.server import Server, opened_server


@pytest.fixture
def address(settings: Settings) -> str:
    """The public address, which the settings then name."""
    settings.web_port = unused_port()
    settings.public_url = f"http://127.0.0.1:{settings.web_port}"
    return settings.public_url


def link(card: Any) -> str:
    """Return where the card's button leads."""
    found = re.search(r"http://[^\s'\"]+/paint/[^\s'\"]+", str([item.to_dict() for item in card.components]))
    assert found
    return found[0]


def shown_card(server: Server, message_id: int) -> Any:
    return next(message for message in server.messages() if message.id == message_id)


async def test_what_is_painted_on_the_page_shows_in_the_card(settings: Settings, address: str) -> None:
    async with opened_server(settings, preview=True) as server, aiohttp.ClientSession() as web:
        begun = await server.inpaint(mask=None, prompt="a <b>cat</b>")
        card = shown_card(server, begun.response.message.id)
        assert "Paint over" in card_buttons(card)
        url = link(card)
        assert url.startswith(address)
        async with web.get(url) as page:
            assert page.status == 200
            assert "a &lt;b&gt;cat&lt;/b&gt;" in await page.text()
        async with web.get(f"{url}/picture") as picture:
            assert opened(await picture.read()).size == meadow().size
        async with web.post(f"{url}?feather=8", data=png(ellipse())) as answer:
            assert answer.status == 204

        card = shown_card(server, card.id)
        assert "**24%** of the picture" in card_text(card)
        assert "Feather: 8 px" in card_buttons(card)
        draft = await server.atelier.drafts.service.draft(1, server.alice.id)
        _, mask = await server.atelier.drafts.service.files_of(draft)
        assert ImageChops.difference(opened(mask), ellipse()).getbbox() is None

        for method in ("GET", "POST"):
            async with web.request(method, url, data=png(ellipse()) if method == "POST" else None) as again:
                assert again.status == 410
        assert link(card) != url
        async with web.get(link(card)) as page:
            assert page.status == 200
        await server.alice.click(card, label="Go")
        async with web.get(link(card)) as page:
            assert page.status == 410


async def test_the_links_secret_is_kept_for_the_owner_alone(settings: Settings, address: str) -> None:
    for _ in range(2):
        async with opened_server(settings, working=False, preview=True) as server:
            await server.inpaint(mask=None)
    secret = settings.home / "secret"
    assert secret.stat().st_mode & 0o077 == 0
    assert len(secret.read_bytes()) == 32


async def test_without_an_address_there_is_no_page(studio: Server) -> None:
    begun = await studio.inpaint(mask=None)
    assert "Paint over" not in card_buttons(shown_card(studio, begun.response.message.id))
