"""Files made to hurt: each is read correctly, or refused with a sentence, and the bot goes on."""

import fcntl
import os
import signal
import sys
import termios
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.core.errors import PictureError
from bot.imaging.decoder import Decoder, DecodingError
from bot.imaging.decoder_worker import MEMORY_BYTES, UndecodableError
from bot.imaging.images import parameters_text, read_picture, to_png
from tests.support.images import encoded, meadow, opened, png
from tests.support.malicious_images import (
    PAYLOAD,
    chunk,
    declared,
    deflated,
    looping_exif,
    moving,
    mutated,
    profile,
    script_gif,
    with_chunks,
    zipped,
)
from tests.support.server import Server
from tests.support.waiting import PATIENCE_SECONDS, eventually

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="what a process uses stands in /proc")


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    decoder = Decoder(seconds=PATIENCE_SECONDS)
    yield decoder
    decoder.close()


def resident(process_id: int) -> int:
    """Return a process's memory in MiB."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) // 1024


def outcome(decoder: Decoder, data: bytes) -> str:
    """Return what comes of a file; whatever else it might raise fails the test."""
    try:
        image = decoder.submit(data).result().image
    except UndecodableError as refused:
        return refused.reason
    image.copy()
    assert image.mode in ("RGB", "RGBA")
    return "read"


def survive(count: int, seed: int) -> None:
    """Read damaged files in one process, which must neither end nor grow."""
    decoder = Decoder(seconds=PATIENCE_SECONDS, pictures=2 * count)
    try:
        warm = count // 4
        outcomes: Counter[str] = Counter()
        before = process_id = 0
        for number, data in enumerate(mutated(count, seed)):
            outcomes[outcome(decoder, data)] += 1
            if number == warm:
                process_id = decoder.pid or 0
                before = resident(process_id)
        assert set(outcomes) == {"read", "unreadable", "damaged", "too large", "animated"}
        assert outcomes["read"] > count // 10
        assert decoder.pid == process_id
        assert resident(process_id) - before < 32
    finally:
        decoder.close()


def unread(decoder: Decoder) -> int:
    """Return how many bytes lie in the pipe to a decoder's process."""
    assert decoder._process is not None
    assert decoder._process.stdin is not None
    count = bytearray(4)
    fcntl.ioctl(decoder._process.stdin, termios.FIONREAD, count)
    return int.from_bytes(count, sys.byteorder)


@on_linux
@pytest.mark.parametrize("count", [2_000, pytest.param(20_000, marks=pytest.mark.soak)])
def test_thousands_of_damaged_files(count: int) -> None:
    survive(count, seed=1)


@pytest.mark.soak
@on_linux
def test_a_million_damaged_files() -> None:
    survive(1_000_000, seed=2)


@on_linux
def test_the_process_has_limits_and_no_secrets(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "s3cret")
    assert outcome(decoder, png(meadow())) == "read"
    process = Path(f"/proc/{decoder.pid}")
    limits = {line[:26].strip(): line[26:].split()[:2] for line in (process / "limits").read_text().splitlines()}
    assert limits["Max address space"] == [str(MEMORY_BYTES)] * 2
    assert limits["Max open files"] == limits["Max file size"] == limits["Max core file size"] == ["0", "0"]
    assert b"s3cret" not in (process / "environ").read_bytes()


def test_a_process_that_hangs_is_replaced(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outcome(decoder, png(meadow())) == "read"
    first = decoder.pid or 0
    os.kill(first, signal.SIGSTOP)
    with monkeypatch.context() as patch:
        patch.setattr(decoder, "_seconds", 0.5)
        with pytest.raises(DecodingError):
            decoder.submit(png(meadow())).result()
    assert outcome(decoder, png(meadow())) == "read"
    assert decoder.pid not in (None, first)


@on_linux
async def test_a_process_that_crashes_is_replaced(decoder: Decoder) -> None:
    assert outcome(decoder, png(meadow())) == "read"
    first = decoder.pid or 0
    os.kill(first, signal.SIGSTOP)
    asked = decoder.submit(png(meadow()))
    await eventually(lambda: unread(decoder) > len(png(meadow())))  # by now it waits for the answer
    os.kill(first, signal.SIGSEGV)
    os.kill(first, signal.SIGCONT)
    with pytest.raises(DecodingError):
        asked.result()
    assert outcome(decoder, png(meadow())) == "read"
    assert decoder.pid not in (None, first)


def test_a_process_that_has_ended_costs_nobody_a_picture(decoder: Decoder) -> None:
    assert outcome(decoder, png(meadow())) == "read"
    os.kill(decoder.pid or 0, signal.SIGKILL)
    os.waitid(os.P_PID, decoder.pid or 0, os.WEXITED | os.WNOWAIT)
    assert outcome(decoder, png(meadow())) == "read"


def test_a_process_is_replaced_in_time() -> None:
    decoder = Decoder(seconds=PATIENCE_SECONDS, pictures=3)
    pids = []
    for _ in range(7):
        assert outcome(decoder, png(meadow(8, 8))) == "read"
        pids.append(decoder.pid)
    assert [len([each for each in pids if each == pid]) for pid in dict.fromkeys(pids)] == [3, 3, 1]
    decoder.close()


async def test_a_member_reads_one_sentence_where_the_process_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = Decoder(seconds=0)
    monkeypatch.setattr("bot.imaging.images.DECODER", decoder)
    with pytest.raises(PictureError, match=r"^I can't read that picture; save it again as a PNG or JPEG"):
        await read_picture(png(meadow()))
    decoder.close()


@pytest.mark.parametrize(
    ("image_format", "mode", "options"),
    [
        ("WEBP", "RGBA", {"lossless": True, "method": 0, "exact": True}),
        ("JPEG", "RGB", {"progressive": True, "subsampling": 0}),
    ],
)
def test_thirty_nine_megapixels_are_read(
    decoder: Decoder, image_format: str, mode: str, options: dict[str, Any]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.new(mode, (7_300, 5_340), (90, 90, 90, 40)[: len(mode)])
    read = decoder.submit(encoded(image, image_format, exif=exif, **options)).result().image
    assert read.size == (5_340, 7_300)
    assert read.mode == mode
    assert read.getextrema()[:3] == ((90, 90),) * 3


REFUSED = {
    "declares a terabyte": (lambda: declared(100_000, 100_000), "100000 × 100000 pixels"),
    "declares all there is": (lambda: declared(2**31 - 1, 2**31 - 1), "megapixels"),
    "declares nothing": (lambda: declared(0, 0), "can't read that file"),
    "a large GIF": (lambda: b"GIF89a" + b"\xff" * 4 + encoded(meadow(), "GIF")[10:], "65535 × 65535 pixels"),
    "a profile that inflates": (
        lambda: with_chunks(chunk(b"iCCP", b"bomb\0\0" + deflated(100))),
        "can't read that file",
    ),
    "a text that inflates": (lambda: with_chunks(chunk(b"zTXt", b"bomb\0\0" + deflated(100))), "can't read that file"),
    "a foreign text that inflates": (
        lambda: with_chunks(chunk(b"iTXt", b"bomb\0\1\0\0\0" + deflated(100))),
        "can't read that file",
    ),
    "texts that inflate together": (
        lambda: with_chunks(*(chunk(b"zTXt", b"bomb%d\0\0" % number + deflated(1)) for number in range(200))),
        "can't read that file",
    ),
    "a moving PNG": (lambda: moving("PNG"), "animated"),
    "a moving WebP": (lambda: moving("WEBP"), "animated"),
    "a moving GIF": (lambda: moving("GIF"), "animated"),
    "an archive": (zipped, "can't read that file"),
    "a page": (lambda: b"<html>" + PAYLOAD, "can't read that file"),
    "a drawing": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'>" + PAYLOAD + b"</svg>", "can't read that file"),
    "PostScript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run", "can't read that"),
    "nothing": (lambda: b"", "can't read that file"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_hurts_is_refused_with_a_sentence(name: str) -> None:
    make, sentence = REFUSED[name]
    with pytest.raises(PictureError, match=sentence) as refusal:
        await read_picture(make())
    assert "\n" not in str(refusal.value)


READ = {
    "with an archive behind it": lambda: png(meadow()) + zipped(),
    "with a script in its comment": lambda: encoded(meadow(), "GIF", comment=PAYLOAD),
    "with a script in its texts": lambda: with_chunks(chunk(b"tEXt", b"x\0" + PAYLOAD), picture=png(meadow())),
    "with ten thousand texts": lambda: with_chunks(
        *(chunk(b"tEXt", b"k%d\0" % number + PAYLOAD) for number in range(10_000)), picture=png(meadow())
    ),
    "with a broken profile": lambda: png(meadow(), icc_profile=PAYLOAD * 100),
    "with half a profile": lambda: png(meadow(), icc_profile=profile()[:300]),
    "with a profile of nonsense in a JPEG": lambda: encoded(meadow(), "JPEG", icc_profile=bytes(3 * 2**20)),
    "with directories that lead to themselves": lambda: encoded(meadow(), "JPEG", exif=looping_exif(1)),
    "with such directories in a WebP": lambda: encoded(meadow(), "WEBP", exif=looping_exif(1)),
    "with an orientation that is none": lambda: encoded(meadow(), "JPEG", exif=looping_exif(65_535)),
    "with much XMP": lambda: encoded(meadow(), "JPEG", xmp=b"<x:xmpmeta>" + PAYLOAD * 2000 + b"</x:xmpmeta>"),
}


@pytest.mark.parametrize("name", READ)
async def test_what_hangs_on_a_picture_is_left_behind(name: str) -> None:
    read = await read_picture(READ[name]())
    assert read.size == (160, 120)
    kept = to_png(read)
    assert PAYLOAD not in kept
    assert b"PK\x03\x04" not in kept
    assert opened(kept).info == {}


async def test_a_gif_that_is_a_script_is_none_afterwards() -> None:
    data = script_gif()
    assert PAYLOAD in data
    assert PAYLOAD not in to_png(await read_picture(data))


async def test_a_bomb_of_pixels_that_are_allowed_is_a_picture() -> None:
    read = await read_picture(png(Image.new("1", (6_300, 6_300)), optimize=True))
    assert read.size == (6_300, 6_300)


async def test_what_a_picture_says_of_itself_is_cut() -> None:
    text = await parameters_text(with_chunks(chunk(b"tEXt", b"parameters\0" + b"\xff\x00" * 500_000)))
    assert len(text) == 20_000


async def test_a_member_reads_it_and_the_bot_goes_on(idle_server: Server) -> None:
    server = idle_server
    told = []
    for data in (declared(100_000, 100_000), moving("PNG"), png(meadow())[:200]):
        answer = await server.inpaint(image=("picture.png", data))
        told += [message.content for message in answer.followups]
    assert told == [
        "That picture has 100000 × 100000 pixels and I take up to 40 megapixels; send a smaller one.",
        "That picture is animated; send a still one.",
        "That picture is damaged or not complete; save it again and send it anew.",
    ]
    await server.inpaint()
    assert len(await server.jobs()) == 1
