"""Export and deletion of a member's data."""

from dataclasses import dataclass

from bot.kernel import Kernel
from bot.privacy.cog import Privacy
from bot.privacy.service import PrivacyService
from bot.privacy.store import PrivacyStore
from bot.privacy.views import ForgetButton
from bot.ui.feature import Feature, Items


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyFeature(Feature):
    """Export and deletion of a member's data."""

    service: PrivacyService


def setup(kernel: Kernel) -> PrivacyFeature:
    """Return the commands for a member's data."""
    parts = (kernel.removals, kernel.removal, kernel.files, kernel.jobs, kernel.delivery, kernel.clock)
    service = PrivacyService(PrivacyStore(kernel.database), *parts)
    cog = Privacy(service)
    return PrivacyFeature(cogs=(cog,), items=(Items(cog, (ForgetButton,)),), service=service)
