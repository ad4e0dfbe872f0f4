"""The bot's side of decoding what members send: the process that does it, watched and replaced.

The bot itself decodes only files that it wrote. Should a file take the process over, then what it gets is a process
that may open no file and use little memory; its answers are checked, and never unpickled.
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
# After so many pictures a new process takes over, so that what a library leaks doesn't add up.
PICTURES_A_PROCESS = 2000
# JSON may need six characters for one.
MAX_ANSWER = 6 * MAX_PARAMETERS + 1000
MAX_PROFILE = 4 * 2**20
# What starting Python needs. Not the bot's own secrets.
ENVIRONMENT = ("LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "SYSTEMROOT", "VIRTUAL_ENV")
# glibc gives the memory of large pictures back at once, instead of keeping it for the next.
ALLOCATION = {"MALLOC_MMAP_THRESHOLD_": str(2**20)}


class DecodingError(Exception):
    """The process ended over a file, or was ended because it took too long."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture in mode RGB or RGBA, and what its file said of how it was made."""

    image: Image.Image
    parameters: str


class Decoder:
    """Decodes one file after the other in a process of its own, which is started when it is needed.

    `seconds` is how long one file may take, `pictures` after how many files the process is replaced.
    """

    def __init__(self, seconds: float = SECONDS, pictures: int = PICTURES_A_PROCESS) -> None:
        self._seconds = seconds
        self._pictures = pictures
        self._decoded = 0
        self._process: subprocess.Popen[bytes] | None = None
        # One thread of its own: waiting for a slow file takes none of those in which the bot does everything else.
        self._thread = ThreadPoolExecutor(1, "decoder")

    @property
    def pid(self) -> int | None:
        """The process id of the decoder, or None while none runs."""
        return self._process.pid if self._process else None

    def submit(self, data: bytes) -> Future[Decoded]:
        """Decode a file. The future raises RefusedError with the reason, or DecodingError."""
        return self._thread.submit(self._decode, data)

    def close(self) -> None:
        """End the process; the next file starts another."""
        self._thread.submit(self._end).result()

    def _decode(self, data: bytes) -> Decoded:
        if self._decoded >= self._pictures or (self._process and self._process.poll() is not None):
            self._end()
        try:
            process = self._process or self._start()
            self._decoded += 1
            with self._in_time(process):
                return _asked(process, data)
        except UndecodableError:
            raise
        except Exception as error:  # whatever comes of the answers of a process that was taken over
            code = self._end()
            log.warning("the decoder failed at a file of %d bytes; its process ended with %s", len(data), code)
            raise DecodingError from error

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ} | ALLOCATION
        command = [sys.executable, "-m", "bot.imaging.decoder_worker"]
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        self._process, self._decoded = process, 0
        with self._in_time(process):
            is_limited = _answer(_pipes(process)[1])["limited"]
        if not is_limited:
            log.warning("the memory of the process that decodes pictures can't be limited on this system")
        return process

    @contextmanager
    def _in_time(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Kill the process where the block takes too long."""
        timer = Timer(self._seconds, process.kill)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end(self) -> int | None:
        """End the process and return its exit code, which is -9 where it was killed."""
        process, self._process = self._process, None
        if process is None:
            return None
        with process:
            process.kill()
        return process.returncode


# The decoder of this process; it ends with it, because its input closes.
DECODER = Decoder()


def _asked(process: subprocess.Popen[bytes], data: bytes) -> Decoded:
    """Return the process's answer to a file. Raises RefusedError; anything else where it ends, or talks nonsense."""
    requests, answers = _pipes(process)
    requests.write(HEADER.pack(len(data)))
    requests.write(data)
    requests.flush()
    answer = _answer(answers)
    width, height = int(answer["width"]), int(answer["height"])
    if "refusal" in answer:
        raise UndecodableError(str(answer["refusal"]), width, height)
    mode, profile_length = answer["mode"], int(answer["profile"])
    if mode not in ("RGB", "RGBA") or min(width, height) < 1 or width * height > MAX_PIXELS:
        raise ValueError("that is no picture")
    if profile_length > len(data) + MAX_PROFILE:
        raise ValueError("that is no profile")
    profile = _whole(answers, profile_length)
    image = Image.frombuffer(mode, (width, height), _whole(answers, width * height * len(mode)), "raw", mode, 0, 1)
    image.info = {"icc_profile": bytes(profile)} if _is_profile(profile) else {}
    return Decoded(image, str(answer["parameters"]))


def _is_profile(profile: bytearray) -> bool:
    """Return whether these are a colour profile's bytes: its length and signature, after ICC.1:2022, 7.2."""
    is_whole = 128 < int.from_bytes(profile[:4]) <= len(profile) <= MAX_PROFILE
    return is_whole and profile[36:40] == b"acsp"


def _answer(answers: IO[bytes]) -> dict[str, Any]:
    (length,) = HEADER.unpack(_whole(answers, HEADER.size))
    if length > MAX_ANSWER:
        raise ValueError("that is no answer")
    answer = json.loads(_whole(answers, length))
    if not isinstance(answer, dict):
        raise ValueError("that is no answer")
    return answer


def _whole(pipe: IO[bytes], length: int) -> bytearray:
    """Return so many bytes of a pipe. Raises EOFError where it ends before."""
    data = bytearray(length)
    if pipe.readinto(data) < length:  # pyright: ignore[reportAttributeAccessIssue]
        raise EOFError
    return data


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None  # noqa: S101
    assert process.stdout is not None  # noqa: S101
    return process.stdin, process.stdout
