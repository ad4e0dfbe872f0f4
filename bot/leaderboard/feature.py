"""The leaderboard."""

from bot.kernel import Kernel
from bot.leaderboard.cog import Leaderboards
from bot.leaderboard.store import LeaderboardStore
from bot.leaderboard.views import BoardSelect, SeasonButton
from bot.ui.feature import Feature, Items


def setup(kernel: Kernel) -> Feature:
    """Return the leaderboard."""
    cog = Leaderboards(LeaderboardStore(kernel.database), kernel.clock)
    return Feature(cogs=(cog,), items=(Items(cog, (BoardSelect, SeasonButton)),))
