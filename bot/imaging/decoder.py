"""Client of the decoder process, which decodes the images that members send; supervises and replaces it.

The bot process itself decodes only files that it wrote. A malicious file that takes over the decoder process controls
a process that cannot open files and has little memory; its responses are validated, and never unpickled.
"""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from typing import IO, Any

from PIL import Image

from bot.imaging.decoder_worker import HEADER, MAX_PARAMETERS, MAX_PIXELS, UndecodableError

log = logging.getLogger(__name__)

SECONDS = 20.0
# The process is replaced after this many images, so that memory leaks of a library don't add up.
PICTURES_A_PROCESS = 2000
# JSON may escape one character as six.
MAX_ANSWER = 6 * MAX_PARAMETERS + 1000
MAX_PROFILE = 4 * 2**20
# Variables that Python needs to start. The bot's secrets are not passed on.
ENVIRONMENT = ("LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "SYSTEMROOT", "VIRTUAL_ENV")
# Makes glibc return the memory of large images to the system at once instead of keeping it for the next one.
ALLOCATION = {"MALLOC_MMAP_THRESHOLD_": str(2**20)}


class DecodingError(Exception):
    """The decoder process died while decoding a file, or was killed after the timeout."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """An image in mode RGB or RGBA, and the generation parameters from its file's metadata, empty if there are none."""

    image: Image.Image
    parameters: str


class Decoder:
    """Decodes one file at a time in a separate process, which is started on first use.

    `seconds` is the timeout for one file; the process is replaced after `pictures` files.
    """

    def __init__(self, seconds: float = SECONDS, pictures: int = PICTURES_A_PROCESS) -> None:
        self._seconds = seconds
        self._pictures = pictures
        self._decoded = 0
        self._process: subprocess.Popen[bytes] | None = None
        # A thread of its own, so that waiting for a slow file occupies no thread of the default executor.
        self._thread = ThreadPoolExecutor(1, "decoder")

    @property
    def pid(self) -> int | None:
        """The id of the decoder process, or None if none is running."""
        return self._process.pid if self._process else None

    def submit(self, data: bytes) -> Future[Decoded]:
        """Queue a file for decoding. The future raises UndecodableError with the reason, or DecodingError."""
        return self._thread.submit(self._decode, data)

    def close(self) -> None:
        """Kill the process after the queued files; the next file starts a new one."""
        self._thread.submit(self._end).result()

    def _decode(self, data: bytes) -> Decoded:
        if self._decoded >= self._pictures or (self._process and self._process.poll() is not None):
            self._end()
        try:
            process = self._process or self._start()
            self._decoded += 1
            with self._timeout(process):
                return _request(process, data)
        except UndecodableError:
            raise
        except Exception as error:  # a process that was taken over may send any response
            code = self._end()
            log.warning("the decoder failed on a file of %d bytes; its process exited with code %s", len(data), code)
            raise DecodingError from error

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ} | ALLOCATION
        command = [sys.executable, "-m", "bot.imaging.decoder_worker"]
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        self._process, self._decoded = process, 0
        with self._timeout(process):
            is_limited = _read_answer(_pipes(process)[1])["limited"]
        if not is_limited:
            log.warning("the memory of the decoder process can't be limited on this system")
        return process

    @contextmanager
    def _timeout(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Kill the process if the block takes longer than the timeout."""
        timer = Timer(self._seconds, process.kill)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end(self) -> int | None:
        """Kill the process if it still runs and return its exit code (-9 if killed), or None if there is none."""
        process, self._process = self._process, None
        if process is None:
            return None
        with process:
            process.kill()
        return process.returncode


# The decoder of this bot process. The worker exits with the bot, because its standard input closes.
DECODER = Decoder()


def _request(process: subprocess.Popen[bytes], data: bytes) -> Decoded:
    """Return the process's response to a file. Raises UndecodableError, or anything if the response is invalid."""
    requests, answers = _pipes(process)
    requests.write(HEADER.pack(len(data)))
    requests.write(data)
    requests.flush()
    answer = _read_answer(answers)
    width, height = int(answer["width"]), int(answer["height"])
    if "refusal" in answer:
        raise UndecodableError(str(answer["refusal"]), width, height)
    mode, profile_length = answer["mode"], int(answer["profile"])
    if mode not in ("RGB", "RGBA") or min(width, height) < 1 or width * height > MAX_PIXELS:
        raise ValueError("the response is not an image")
    if profile_length > len(data) + MAX_PROFILE:
        raise ValueError("the response is not a colour profile")
    profile = _read_exactly(answers, profile_length)
    image = Image.frombuffer(
        mode, (width, height), _read_exactly(answers, width * height * len(mode)), "raw", mode, 0, 1
    )
    image.info = {"icc_profile": bytes(profile)} if _is_profile(profile) else {}
    return Decoded(image, str(answer["parameters"]))


def _is_profile(profile: bytearray) -> bool:
    """Return whether the bytes are a colour profile, by the length and signature in its header (ICC.1:2022, 7.2)."""
    is_whole = 128 < int.from_bytes(profile[:4]) <= len(profile) <= MAX_PROFILE
    return is_whole and profile[36:40] == b"acsp"


def _read_answer(answers: IO[bytes]) -> dict[str, Any]:
    (length,) = HEADER.unpack(_read_exactly(answers, HEADER.size))
    if length > MAX_ANSWER:
        raise ValueError("the response is too long")
    answer = json.loads(_read_exactly(answers, length))
    if not isinstance(answer, dict):
        raise ValueError("the response is not a JSON object")
    return answer


def _read_exactly(pipe: IO[bytes], length: int) -> bytearray:
    """Read exactly `length` bytes from a pipe. Raises EOFError if it ends before."""
    data = bytearray(length)
    if pipe.readinto(data) < length:  # pyright: ignore[reportAttributeAccessIssue]
        raise EOFError
    return data


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None  # noqa: S101
    assert process.stdout is not None  # noqa: S101
    return process.stdin, process.stdout
