"""Messages as bytes in a pipe: a length of four bytes, then the pickled message.

Pickle is safe here because both ends are ours: a parent and the child that it started.
"""

import pickle
import struct
from typing import IO, Any

HEADER = struct.Struct(">I")


def encode(message: Any) -> bytes:
    """Return the frame of one message."""
    payload = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(payload)) + payload


def decode(payload: bytes) -> Any:
    """Return the message of a frame's payload."""
    return pickle.loads(payload)  # noqa: S301


def read(pipe: IO[bytes]) -> Any:
    """Read the next message, blocking; raise EOFError when the other end is gone."""
    header = pipe.read(HEADER.size)
    if len(header) < HEADER.size:
        raise EOFError
    (length,) = HEADER.unpack(header)
    payload = pipe.read(length)
    if len(payload) < length:
        raise EOFError
    return decode(payload)
