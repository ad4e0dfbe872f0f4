"""Signing of pictures as made by AI with Content Credentials (C2PA), if the optional package is installed."""

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
# Takes a picture of a job as a PNG file, and returns the PNG file to be stored and shown.
Sign = Callable[[bytes, Job], Awaitable[bytes]]


class CredentialsError(Exception):
    """The package is installed but pictures can't be signed; the message tells the owner of the bot why."""


def signing(home: Path) -> Sign:
    """Return the function that signs a job's pictures, and log whether they are signed.

    If c2pa-python isn't installed, the function returns pictures unchanged; so it does, with an error in the log, if
    signing a picture fails. Blocks. Raises CredentialsError as `signer` does.
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
            log.exception("job %s: a picture could not be signed; it is kept without Content Credentials", job.id)
            return png

    return signed


def signer(home: Path) -> "Signer | None":
    """Return a signer with the installation's own key in `home`, or None if c2pa-python isn't installed.

    The first call makes the key. Blocks. Raises CredentialsError if the package is installed but can't sign.
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
