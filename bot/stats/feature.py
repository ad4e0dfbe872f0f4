"""Statistics of a server's activity."""

from bot.kernel import Kernel
from bot.stats.cog import Stats
from bot.stats.store import ActivityStore
from bot.ui.feature import Feature


def setup(kernel: Kernel) -> Feature:
    """Return the statistics."""
    return Feature(cogs=(Stats(ActivityStore(kernel.database), kernel.clock),))
