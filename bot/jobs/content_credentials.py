"""Whether pictures are marked as made by AI in a way that can be checked: Content Credentials, an optional part."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bot.jobs.models import Job

if TYPE_CHECKING:
    from bot.jobs.signer import Signer

log = logging.getLogger(__name__)

ABSENT = "pictures get no Content Credentials; `.venv/bin/pip install c2pa-python` adds them"
PRESENT = "pictures get Content Credentials, signed with %s"
KEY = "credentials.pem"
# From a job's picture, a PNG file, to the file that is kept and shown.
Sign = Callable[[bytes, Job], Awaitable[bytes]]


class CredentialsError(Exception):
    """Pictures can't be signed; the message says why, to the owner."""


def signing(home: Path) -> Sign:
    """Return what signs a job's pictures, or leaves them as they are where it isn't installed; the log says which.

    A picture that can't be signed is kept all the same. Blocks. Raises CredentialsError as `signer` does.
    """
    own = signer(home)
    if own is None:
        log.info(ABSENT)
        return _unsigned
    log.info(PRESENT, home / KEY)

    async def signed(png: bytes, job: Job) -> bytes:
        try:
            return await asyncio.to_thread(own.signed, png, is_edit=bool(job.image_key))
        except Exception:
            log.exception("a picture could not be signed; it is kept without Content Credentials")
            return png

    return signed


def signer(home: Path) -> "Signer | None":
    """Return what signs with the server's own key in `home`, which is made once; None where it isn't installed. Blocks.

    Raises CredentialsError where it is installed and can't sign.
    """
    if find_spec("c2pa") is None:
        return None
    try:
        # Imported here, because the package is optional.
        from bot.jobs.signer import Signer

        return Signer(home / KEY)
    except Exception as error:
        raise CredentialsError(f"pictures can't be signed with {(home / KEY).resolve()}: {error}") from error


async def _unsigned(png: bytes, _job: Job) -> bytes:
    return png
