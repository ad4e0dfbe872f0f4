"""What a member reads when something is wrong: one plain sentence, and nothing else happens."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from simcord import OptionError

from bot.imaging.images import MAX_BYTES
from tests.support.images import ellipse, encoded, meadow, png
from tests.support.server import Server


def animated() -> bytes:
    buffer = io.BytesIO()
    frames = [meadow(), meadow().rotate(90)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return buffer.getvalue()


def bomb() -> bytes:
    """Return a small file whose header promises 60 million pixels, of which none is there."""
    small = bytearray(png(Image.new("1", (8, 8))))
    small[16:24] = (7500).to_bytes(4, "big") + (8000).to_bytes(4, "big")
    import zlib

    small[29:33] = zlib.crc32(small[12:29]).to_bytes(4, "big")
    return bytes(small)


def text_bomb() -> bytes:
    """Return a PNG file whose text unpacks to more than Pillow takes."""
    texts = PngInfo()
    texts.add_text("story", "once upon a time " * 500_000, zip=True)
    return png(Image.new("RGB", (8, 8)), pnginfo=texts)


REFUSALS: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "not an image": (lambda: {"image": ("story.png", b"once upon a time")}, "can't read that file as a picture"),
    "too many bytes": (lambda: {"image": ("big.png", png(meadow()) + bytes(MAX_BYTES))}, "I take up to 10 MiB"),
    "too many pixels": (lambda: {"image": ("bomb.png", bomb())}, "I take up to 40 megapixels"),
    "a text that unpacks": (lambda: {"image": ("b.png", text_bomb())}, "can't read that file as a picture"),
    "truncated": (lambda: {"image": ("cut.jpg", encoded(meadow(), "JPEG")[:-400])}, "damaged or not complete"),
    "animated": (lambda: {"image": ("moving.gif", animated())}, "animated; send a still one"),
    "empty mask": (lambda: {"mask": ("m.png", png(Image.new("L", (160, 120))))}, "The mask is empty"),
    "full mask": (lambda: {"mask": ("m.png", png(Image.new("L", (160, 120), 255)))}, "covers the whole picture"),
    "mask of another shape": (
        lambda: {"mask": ("m.png", png(ellipse(120, 160)))},
        "send a mask of the picture's shape",
    ),
    "unreadable mask": (lambda: {"mask": ("m.png", png(meadow().rotate(180)))}, "can't tell which part"),
    "nothing painted": (lambda: {"mask": ("m.png", png(meadow()))}, "nothing painted"),
    "empty prompt": (lambda: {"prompt": "   "}, "The prompt is empty"),
    "mask and region": (lambda: {"region": "left"}, "give one of the two"),
    "unknown region": (lambda: {"mask": None, "region": "the moon"}, "I can't look for things yet"),
    "nothing left": (lambda: {"mask": None, "region": "everything", "invert": True}, "nothing to repaint"),
    "nothing to denoise": (lambda: {"steps": 4, "strength": 0.1}, "change nothing"),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_bad_input_gets_one_sentence_to_the_member_alone(idle_server: Server, case: str) -> None:
    make_options, sentence = REFUSALS[case]
    result = await idle_server.inpaint(**make_options())
    answers = [answer for answer in (result.response, *result.followups) if answer is not None]
    assert [answer.ephemeral for answer in answers] == [True]
    assert sentence in answers[0].content
    assert answers[0].content.count("\n") == 0
    assert await idle_server.jobs() == []
    public = idle_server.channel.history(viewer=idle_server.bob)
    assert public == []


@pytest.mark.parametrize(
    "option",
    [{"steps": 0}, {"steps": 101}, {"strength": 0.0}, {"guidance_scale": 50.0}, {"count": 5}, {"seed": -1}],
)
async def test_discord_itself_refuses_numbers_out_of_range(idle_server: Server, option: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        await idle_server.inpaint(**option)
    assert await idle_server.jobs() == []


async def test_regions_are_proposed_while_typing(idle_server: Server) -> None:
    choices = await idle_server.alice.autocomplete(idle_server.channel, "inpaint", "region", "t")
    assert {choice["value"] for choice in choices} >= {"left", "right", "top", "bottom", "center"}
    assert all("t" in choice["value"] for choice in choices)


async def test_what_nobody_foresaw_is_answered_too(
    idle_server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def full_disk(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    idle_server.tolerated = (OSError,)
    monkeypatch.setattr(idle_server.atelier.kernel.files, "put", full_disk)
    result = await idle_server.inpaint()
    [answer] = [answer for answer in (result.response, *result.followups) if answer is not None]
    assert "Something went wrong on my side" in answer.content
    assert "No space left on device" in caplog.text
