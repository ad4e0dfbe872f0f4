"""What the bot hears of threads, for the origins of pictures."""

from bot.creations.cog import Threads
from bot.creations.origin_store import OriginStore
from bot.creations.thread_origins import ThreadOrigins
from bot.ui.feature import Feature
from bot.ui.host import Host


def setup(client: Host, origins: OriginStore) -> Feature:
    """Return the listener of threads."""
    return Feature(cogs=(Threads(ThreadOrigins(client, origins)),))
