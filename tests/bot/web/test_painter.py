import struct
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientSession
from PIL import Image, ImageChops, ImageDraw
from yarl import URL

from bot.core.errors import MaskError
from bot.web.links import LinkError, LinkGoneError, PainterLink, PainterLinks
from bot.web.masks import display_mask, display_size
from tests.support.images import ellipse, meadow, opened, png
from tests.support.painter_server import DRAFT, NONCE, Studio, studio

EXPECTED_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass
class Answer:
    status: int
    text: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Browser:
    """A client that does as a browser does, for a painter that is served."""

    studio: Studio
    session: ClientSession
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, address: str) -> Answer:
        return await self._ask("GET", address)

    async def send(self, address: str, data: bytes, feather: str = "0", **headers: str) -> Answer:
        return await self._ask("POST", f"{address}?feather={feather}", data=data, headers=headers)

    async def _ask(self, method: str, address: str, **options: object) -> Answer:
        async with self.session.request(method, URL(address, encoded=True), **options) as response:  # pyright: ignore[reportArgumentType]
            body = await response.read()
            return Answer(response.status, body.decode("utf-8", "replace"), dict(response.headers), body)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with studio() as served, ClientSession() as session:
        yield Browser(served, session)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_header_size(data: bytes, width: int, height: int) -> bytes:
    """Return the PNG with another size in its header, whose checksum is right."""
    return data[:8] + chunk(b"IHDR", struct.pack(">II", width, height) + data[24:29]) + data[33:]


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and one.mode == other.mode and ImageChops.difference(one, other).getbbox() is None


# Links


def test_a_link_says_draft_and_nonce_for_fifteen_minutes(aged) -> None:
    links = PainterLinks(b"secret", "https://atelier.example/bot/")
    url = links.url(7, "nonce")
    assert url.startswith("https://atelier.example/bot/paint/")
    token = url.rpartition("/")[2]
    aged(15 * 60 - 5)
    assert links.read(token) == PainterLink(7, "nonce")
    aged(15 * 60 + 5)
    with pytest.raises(LinkGoneError, match="Press “Paint over” in Discord again"):
        links.read(token)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "..", "\0"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(LinkError):
        PainterLinks(b"secret", "https://atelier.example").read(token)


def test_another_secrets_or_a_changed_token_is_refused() -> None:
    links, others = (PainterLinks(secret, "https://atelier.example") for secret in (b"secret", b"another"))
    token = links.url(7, "nonce").rpartition("/")[2]
    forged = others.url(7, "nonce").rpartition("/")[2]
    changed = links.url(8, "nonce").partition(".")[0] + token[token.index(".") :]
    for wrong in (forged, changed, token[:-2]):
        with pytest.raises(LinkError) as refusal:
            links.read(wrong)
        assert not isinstance(refusal.value, LinkGoneError)


# The page and its pictures


async def test_the_page_shows_the_prompt_and_the_display_size(browser: Browser) -> None:
    page = await browser.get(browser.studio.link(meadow(4096, 1024), feather=12, prompt="a cat & a dog"))
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "a cat &amp; a dog" in page.text
    assert '<canvas id="mask" width="2048" height="512" data-picture-width="4096"' in page.text
    assert 'max="64" value="12"' in page.text


async def test_a_script_in_the_prompt_is_only_text(browser: Browser) -> None:
    page = await browser.get(browser.studio.link(prompt="</p><script>alert('$width')</script>\"'<img src=x onerror=1>"))
    assert "&lt;/p&gt;&lt;script&gt;alert(&#x27;$width&#x27;)&lt;/script&gt;&quot;" in page.text
    assert page.text.count("<script") == 1
    assert page.text.count("<img") == 1


async def test_the_page_runs_nothing_inline_and_says_no_id(browser: Browser) -> None:
    link = browser.studio.link()
    page = await browser.get(link)
    assert "<style" not in page.text
    assert " style=" not in page.text
    assert " onclick=" not in page.text
    assert "://" not in page.text
    assert NONCE not in page.text
    assert link.rpartition("/")[2] not in page.text


async def test_the_picture_comes_at_display_size(browser: Browser) -> None:
    link = browser.studio.link(meadow(3000, 1500))
    answer = await browser.get(f"{link}/picture")
    picture = opened(answer.body)
    assert (answer.headers["Content-Type"], picture.format, picture.size) == ("image/webp", "WEBP", (2048, 1024))
    expected = meadow(3000, 1500).resize((2048, 1024))
    strongest = [high for _, high in ImageChops.difference(picture.convert("RGB"), expected).getextrema()]  # pyright: ignore[reportGeneralTypeIssues]
    assert max(strongest) < 24  # pyright: ignore[reportArgumentType]


async def test_a_transparent_picture_stays_transparent(browser: Browser) -> None:
    picture = meadow(mode="RGBA")
    picture.putalpha(ImageChops.invert(ellipse()))
    shown = opened((await browser.get(browser.studio.link(picture) + "/picture")).body)
    assert shown.mode == "RGBA"
    assert shown.getpixel((80, 60))[3] == 0  # pyright: ignore[reportIndexIssue, reportOptionalSubscript]


async def test_the_present_mask_comes_at_display_size(browser: Browser) -> None:
    answer = await browser.get(browser.studio.link(mask=ellipse()) + "/mask")
    assert answer.headers["Content-Type"] == "image/png"
    assert same(opened(answer.body), ellipse())
    large = opened(display_mask(png(ellipse(4096, 2048))))
    assert large.size == (2048, 1024)
    assert {value for _, value in large.getcolors() or []} == {0, 255}


def test_display_sizes() -> None:
    assert display_size((256, 100)) == (256, 100)
    assert display_size((2048, 2048)) == (2048, 2048)
    assert display_size((8000, 5000)) == (2048, 1280)
    assert display_size((40_000, 5)) == (2048, 1)


# Refused links


@pytest.mark.parametrize("part", ["", "/picture", "/mask"])
async def test_a_forged_link_opens_nothing(browser: Browser, part: str) -> None:
    browser.studio.link()
    forged = PainterLinks(b"another", browser.studio.links.origin).url(DRAFT, NONCE)
    answer = await browser.get(forged + part)
    assert answer.status == 403
    assert "Press “Paint over” in Discord again" in answer.text


@pytest.mark.parametrize("part", ["", "/picture", "/mask"])
async def test_an_expired_link_opens_nothing(browser: Browser, aged, part: str) -> None:
    link = browser.studio.link()
    aged(15 * 60 + 5)
    answer = await browser.get(link + part)
    assert answer.status == 410
    assert "Press “Paint over” in Discord again" in answer.text


async def test_a_link_whose_draft_is_gone_tells_so_on_a_page(browser: Browser) -> None:
    answer = await browser.get(browser.studio.links.url(DRAFT, "another"))
    assert answer.status == 410
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<h1>Back to Discord</h1>" in answer.text


async def test_a_link_is_good_for_one_region(browser: Browser) -> None:
    link = browser.studio.link()
    assert (await browser.send(link, png(ellipse()))).status == 204
    assert (await browser.get(link)).status == 410
    second = await browser.send(link, png(ellipse()))
    assert second.status == 410
    assert "Press “Paint over” in Discord again" in second.text
    assert len(browser.studio.desk.taken) == 1


async def test_a_link_used_while_the_region_was_read_is_gone(browser: Browser) -> None:
    link = browser.studio.link()
    browser.studio.desk.is_used_meanwhile = True
    assert (await browser.send(link, png(ellipse()))).status == 410


async def test_a_region_by_a_forged_or_expired_link_is_not_taken(browser: Browser, aged) -> None:
    link = browser.studio.link()
    forged = PainterLinks(b"another", browser.studio.links.origin).url(DRAFT, NONCE)
    assert (await browser.send(forged, png(ellipse()))).status == 403
    aged(15 * 60 + 5)
    assert (await browser.send(link, png(ellipse()))).status == 410
    assert browser.studio.desk.taken == []


# The region as it arrives


async def test_a_region_arrives_as_it_was_sent(browser: Browser) -> None:
    assert (await browser.send(browser.studio.link(), png(ellipse()), feather="64")).status == 204
    [(mask, feather)] = browser.studio.desk.taken
    assert same(mask, ellipse())
    assert feather == 64


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGB", "RGBA"])
async def test_every_mode_of_png_is_understood(browser: Browser, mode: str) -> None:
    assert (await browser.send(browser.studio.link(), png(ellipse().convert(mode)))).status == 204
    assert same(browser.studio.desk.taken[0][0], ellipse())


async def test_half_light_is_decided(browser: Browser) -> None:
    sent = Image.new("L", (160, 120), 127)
    sent.paste(128, (0, 0, 80, 120))
    assert (await browser.send(browser.studio.link(), png(sent))).status == 204
    expected = Image.new("L", (160, 120))
    expected.paste(255, (0, 0, 80, 120))
    assert same(browser.studio.desk.taken[0][0], expected)


async def test_a_region_of_display_size_is_scaled_sharply(browser: Browser) -> None:
    picture = meadow(4096, 1024)
    sent = Image.new("L", (2048, 512))
    ImageDraw.Draw(sent).rectangle((500, 100, 999, 299), fill=255)
    assert (await browser.send(browser.studio.link(picture), png(sent))).status == 204
    mask = browser.studio.desk.taken[0][0]
    assert mask.size == (4096, 1024)
    assert {value for _, value in mask.getcolors() or []} == {0, 255}
    assert mask.getbbox() == (1000, 200, 2000, 600)


async def test_a_region_of_a_large_pictures_own_size_is_taken(browser: Browser) -> None:
    assert (await browser.send(browser.studio.link(meadow(2500, 1000)), png(ellipse(2500, 1000)))).status == 204
    assert same(browser.studio.desk.taken[0][0], ellipse(2500, 1000))


TEXT_BOMB = chunk(b"zTXt", b"comment\0\0" + zlib.compress(bytes(20 << 20)))
HOSTILE = {
    "not a PNG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a PNG"),
    "nothing": (b"", "not a PNG"),
    "a JPEG": (b"\xff\xd8\xff\xe0" + bytes(100), "not a PNG"),
    "only a header": (png(ellipse())[:33], "did not arrive whole"),
    "truncated": (png(ellipse())[:-40], "did not arrive whole"),
    "a bomb": (with_header_size(png(ellipse()), 65_500, 65_500), "65500 × 65500"),
    "a bomb of text": (png(ellipse())[:33] + TEXT_BOMB + png(ellipse())[33:], "did not arrive whole"),
    "a header that promises more": (with_header_size(png(ellipse()), 160, 0), "160 × 0"),
    "another size": (png(ellipse(120, 160)), "120 × 160"),
    "empty": (png(Image.new("L", (160, 120))), "Nothing is painted"),
    "nearly empty": (png(Image.new("L", (160, 120), 127)), "Nothing is painted"),
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_what_is_no_region_is_refused_in_words(browser: Browser, case: str) -> None:
    data, words = HOSTILE[case]
    link = browser.studio.link()
    answer = await browser.send(link, data)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert words in answer.text
    assert browser.studio.desk.taken == []
    assert (await browser.get(link)).status == 200


async def test_a_huge_region_is_not_read(browser: Browser) -> None:
    answer = await browser.send(browser.studio.link(), png(ellipse()) + bytes(2 * 1024 * 1024))
    assert answer.status == 413
    assert "too large" in answer.text
    assert browser.studio.desk.taken == []


@pytest.mark.parametrize("feather", ["", "-1", "65", "1.5", "x", "٣", "1" * 5000])
async def test_a_feather_that_is_none_is_refused(browser: Browser, feather: str) -> None:
    answer = await browser.send(browser.studio.link(), png(ellipse()), feather=feather)
    assert answer.status == 400
    assert browser.studio.desk.taken == []


async def test_what_the_desk_refuses_is_told(browser: Browser) -> None:
    browser.studio.desk.refusal = MaskError("That draft is being painted.")
    answer = await browser.send(browser.studio.link(), png(ellipse()))
    assert (answer.status, answer.text) == (400, "That draft is being painted.")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({}, 204),
    ],
)
async def test_a_region_comes_from_its_own_page(browser: Browser, headers: dict[str, str], status: int) -> None:
    assert (await browser.send(browser.studio.link(), png(ellipse()), **headers)).status == status
    assert len(browser.studio.desk.taken) == (status == 204)


async def test_a_browser_that_names_our_origin_is_heard(browser: Browser) -> None:
    link = browser.studio.link()
    assert (await browser.send(link, png(ellipse()), Origin=browser.studio.links.origin)).status == 204


# What is served, and how


async def test_every_answer_has_strict_headers(browser: Browser, aged) -> None:
    link, origin = browser.studio.link(), browser.studio.links.origin
    answers = [
        await browser.get(link),
        await browser.get(f"{link}/picture"),
        await browser.get(f"{link}/mask"),
        await browser.get(f"{origin}/paint/static/painter.js"),
        await browser.get(f"{origin}/paint/static/nothing.js"),
        await browser.get(f"{origin}/paint/a/b/c"),
        await browser.get(f"{origin}/paint/forged"),
        await browser.send(f"{link}/mask", b""),
        await browser.send(link, b"no PNG"),
        await browser.send(link, bytes(3 * 1024 * 1024)),
        await browser.send(link, png(ellipse()), Origin="null"),
        await browser.send(link, png(ellipse())),
        await browser.get(link),
    ]
    statuses = [200, 200, 200, 200, 404, 404, 403, 405, 400, 413, 403, 204, 410]
    assert [answer.status for answer in answers] == statuses
    for answer in answers:
        assert {name: answer.headers.get(name) for name in EXPECTED_HEADERS} == EXPECTED_HEADERS
        assert "camera=()" in answer.headers["Permissions-Policy"]


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("painter.css", "text/css"), ("painter.js", "text/javascript"), ("icon.svg", "image/svg+xml")],
)
async def test_what_the_page_needs_is_served(browser: Browser, name: str, content_type: str) -> None:
    answer = await browser.get(f"{browser.studio.links.origin}/paint/static/{name}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, content_type)


@pytest.mark.parametrize(
    "path",
    ["", "painter.html", "..%2fpainter.py", "../painter.py", "%2e%2e/links.py", "%2fetc%2fpasswd", "painter.js%00"],
)
async def test_nothing_else_is_served(browser: Browser, path: str) -> None:
    assert (await browser.get(f"{browser.studio.links.origin}/paint/static/{path}")).status in (403, 404)
