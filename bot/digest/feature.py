"""The weekly digest."""

from dataclasses import dataclass

from bot.digest.service import Digest
from bot.digest.store import DigestStore
from bot.kernel import Kernel
from bot.ui.feature import Feature


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestFeature(Feature):
    """The weekly digest."""

    service: Digest


def setup(kernel: Kernel) -> DigestFeature:
    """Return the digest."""
    posts = (kernel.audiences, kernel.clock, kernel.patience)
    digest = Digest(kernel.client, DigestStore(kernel.database), kernel.files, *posts)
    kernel.removal.redraw_outdated.append(digest.redraw_outdated)
    return DigestFeature(tasks=(digest,), service=digest)
